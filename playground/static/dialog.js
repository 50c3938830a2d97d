import { html, useEffect, useLayoutEffect, useRef } from './ui.js';

const FOCUSABLE = 'a[href], button:not([disabled]), input:not([disabled]), textarea, select, [tabindex="0"]';

const trap = (root, event) => {
  const stops = [...root.querySelectorAll(FOCUSABLE)].filter((node) => node.offsetParent !== null);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  const active = document.activeElement;
  if (active !== edge && root.contains(active) && active !== root) return;
  if (active === root && !event.shiftKey) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
};

const isOnTop = (root) => [...document.querySelectorAll('.overlay:not([hidden]) > .dialog')].at(-1) === root;

/** A dialog over the page: keeps the focus inside, gives it back at the end, closes on Escape. */
export function Dialog({ label, class: name, overlay = '', hidden = false, onClose, children }) {
  const root = useRef();
  const before = useRef(document.activeElement);
  const offered = useRef();

  // Every time: what wants the focus may come with an update, as when a form takes the place of “Loading…”.
  useLayoutEffect(() => {
    if (hidden) return;
    const wanted = root.current.querySelector('[data-autofocus]');
    const away = !root.current.contains(document.activeElement);
    const free = away || document.activeElement === root.current;
    if (free && wanted && wanted !== offered.current) wanted.focus({ preventScroll: true });
    else if (away) root.current.focus({ preventScroll: true });
    offered.current = wanted;
  });
  useEffect(() => () => before.current?.isConnected && before.current.focus({ preventScroll: true }), []);

  const onKeyDown = (event) => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Tab') trap(root.current, event);
    else return;
    event.stopPropagation();
  };
  const latest = useRef();
  latest.current = onKeyDown;
  // What had the focus may be gone after an update, or a press beside the dialog took it away.
  useEffect(() => {
    const onLost = (event) => event.target === document.body && isOnTop(root.current) && latest.current(event);
    document.addEventListener('keydown', onLost);
    return () => document.removeEventListener('keydown', onLost);
  }, []);
  return html`<div class=${`overlay ${overlay}`} hidden=${hidden}>
    <div class=${`dialog ${name}`} role="dialog" aria-modal="true" aria-label=${label} tabindex="-1" ref=${root}
      onKeyDown=${onKeyDown}>
      ${children}
    </div>
  </div>`;
}

/** A short question with two answers, such as an element's `confirm`. */
export function Confirm({ title, text, confirm, deny = 'Cancel', danger = false, onConfirm, onDeny }) {
  return html`<${Dialog} label=${title} class="confirm" overlay="overlay-top" onClose=${onDeny}>
    <h2>${title}</h2>
    <div class="confirm-text">${text}</div>
    <div class="dialog-foot">
      <button type="button" class="btn" onClick=${onDeny}>${deny}</button>
      <button type="button" class=${`btn ${danger ? 'btn-danger-solid' : 'btn-primary'}`} data-autofocus onClick=${onConfirm}>
        ${confirm}
      </button>
    </div>
  <//>`;
}
