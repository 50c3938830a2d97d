import { usePlace, useOutside } from './popup.js';
import { classes, html, useLayoutEffect, useRef, useState } from './ui.js';

/** A button that opens a menu; `items` are {label, note?, danger?, checked?, onSelect} or null for a line. */
export function Menu({ label, class: name = 'btn btn-icon', items, children, align = 'end', width = 260, busy, text }) {
  const [open, setOpen] = useState(false);
  const root = useRef();
  const button = useRef();
  const place = usePlace(button, open, { align, width });
  const close = (focus) => {
    setOpen(false);
    if (focus) button.current.focus();
  };
  useOutside(root, open, () => close(false));
  const placed = open && !place.visibility; // what is hidden takes no focus
  // At once: a frame later it would take the focus back from where the next key has put it.
  useLayoutEffect(() => {
    if (placed) root.current.querySelector('[role^=menuitem]')?.focus({ preventScroll: true });
  }, [placed]);

  const onKeyDown = (event) => {
    if (!open) return;
    const all = [...root.current.querySelectorAll('[role^=menuitem]')];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape') close(true);
    else if (event.key === 'Tab') return close(true);
    else if (to !== undefined) all[(to + all.length) % all.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const select = (item) => {
    close(true);
    item.onSelect();
  };
  return html`<span class="menu" ref=${root} onKeyDown=${onKeyDown}>
    <button type="button" class=${classes(name, open && 'is-open')} aria-label=${text ? undefined : label} title=${text ? undefined : label}
      aria-haspopup="menu" aria-expanded=${open} aria-busy=${busy || undefined} ref=${button} onClick=${() => setOpen(!open)}>
      ${children}
    </button>
    ${open && html`<div class="popup" role="menu" aria-label=${label} style=${place}>
      ${items.map((item) => item
        ? html`<button type="button" class=${classes('popup-item', item.danger && 'is-danger')} tabindex="-1"
            role=${item.checked === undefined ? 'menuitem' : 'menuitemradio'} aria-checked=${item.checked} onClick=${() => select(item)}>
            <span>${item.label}</span>${item.note && html`<small>${item.note}</small>`}
          </button>`
        : html`<div class="popup-line" role="separator" />`)}
    </div>`}
  </span>`;
}
