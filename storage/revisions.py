"""The names of the schema's revisions say which older programs go on working with them.

`0009` is for every program before it too: it only adds. `0009_needs_0007` has dropped or narrowed something
that programs from 0007 on do not use; every later name has to say so as well.
"""

import re

_NAME = re.compile(r"(?P<number>\d{4})(_needs_(?P<needs>\d{4}))?")


def serves_older(found: str, program: str) -> bool:
    """Whether the database has been migrated past the program, and the program can work with it still."""
    there, ours = _NAME.fullmatch(found), _NAME.fullmatch(program)
    if there is None or ours is None:
        return False
    return there["number"] > ours["number"] >= (there["needs"] or "")
