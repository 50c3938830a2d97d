"""`python app.py serve`, the same as `python app.py`."""

import click


@click.command()
def serve() -> None:
    """Serve until told to stop (the default)."""
    import app  # noqa: PLC0415  it imports this

    app.run()
