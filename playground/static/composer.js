import { Menu } from './menu.js';
import { classes, html, nextId, useLayoutEffect, useRef, useState } from './ui.js';
import { Avatar, fullName, nameOf, useWorkspace } from './workspace.js';

const starts = (text, typed) => text?.toLowerCase().startsWith(typed.toLowerCase());

const personRow = (user) => ({
  key: user.id, insert: `@${user.name} `, label: nameOf(user), note: fullName(user), icon: html`<${Avatar} user=${user} size=${20} />`,
});

/** What could complete the text before the caret: {from, rows}, rows being {key, insert, label, hint?, note?}. */
function suggestions(text, caret, workspace) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) {
    const rows = workspace.app.commands.filter((c) => starts(c.command, before));
    return {
      from: 0,
      rows: rows.map((c) => ({
        key: c.command, insert: `${c.command} `, label: c.command, hint: c.usage_hint, note: c.description, exact: c.command === before,
      })),
    };
  }
  const [, , mark, word] = /(^|\s)([@#])([\w.-]*)$/.exec(before) ?? [];
  if (!mark) return { from: 0, rows: [] };
  const from = caret - word.length - 1;
  if (mark === '#') {
    const channels = [...workspace.channels.values()].filter((c) => !c.is_im && !c.is_archived && starts(c.name, word));
    return { from, rows: channels.slice(0, 8).map((c) => ({ key: c.id, insert: `#${c.name} `, label: `#${c.name}` })) };
  }
  const people = [...workspace.users.values()].filter(
    (user) => !user.deleted && user.id !== 'USLACKBOT' && [user.name, ...nameOf(user).split(' '), ...(user.real_name ?? '').split(' ')].some((part) => starts(part, word)),
  );
  return { from, rows: people.slice(0, 8).map(personRow) };
}

/** The command being written, whose usage stays in sight. */
const writing = (text, workspace) => workspace.app.commands.find((c) => text.startsWith(`${c.command} `));

function Suggestions({ id, rows, active, isCommand, app, onPick, onHover }) {
  return html`<ul class="popup suggestions" id=${id} role="listbox" aria-label=${isCommand ? 'Commands' : 'Suggestions'}
    onMouseDown=${(event) => event.preventDefault()}>
    ${isCommand && html`<li class="popup-group" role="presentation">Commands of ${app.name}</li>`}
    ${rows.map((row, index) => html`<li id=${`${id}-${index}`} role="option" aria-selected=${index === active} key=${row.key}
      class=${classes('popup-item', index === active && 'is-active')} onClick=${() => onPick(row)} onMouseMove=${() => onHover(index)}>
      <span>${row.icon}<b>${row.label}</b>${row.hint && html` <span class="usage">${row.hint}</span>`}</span>
      ${row.note && html`<small>${row.note}</small>`}
    </li>`)}
  </ul>`;
}

export function Composer({ label, onSend, onShortcut }) {
  const workspace = useWorkspace();
  const [text, setText] = useState('');
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(0);
  const [dismissed, setDismissed] = useState('');
  const [focused, setFocused] = useState(false);
  const [id] = useState(() => nextId('suggest'));
  const input = useRef();
  const jump = useRef();
  const shortcuts = (workspace.app.shortcuts ?? []).filter(({ type }) => !type.startsWith('message'));

  useLayoutEffect(() => {
    const node = input.current;
    node.style.height = 'auto';
    node.style.height = `${Math.min(node.scrollHeight, 240)}px`;
    // With the text it belongs to: a frame later it would land amid what a fast hand typed meanwhile.
    if (jump.current !== undefined) node.setSelectionRange(jump.current, jump.current);
    jump.current = undefined;
  }, [text]);
  useLayoutEffect(() => {
    if (!document.querySelector('[role=dialog]')) input.current.focus({ preventScroll: true });
  }, []);

  const { from, rows } = suggestions(text, caret, workspace);
  const open = focused && rows.length > 0 && dismissed !== text;
  const isCommand = text.startsWith('/') && from === 0;
  const command = !open && writing(text, workspace);

  const read = (event) => {
    setText(event.target.value);
    setCaret(event.target.selectionStart);
    setActive(0);
  };
  const pick = (row) => {
    const next = text.slice(0, from) + row.insert + text.slice(caret).replace(/^ /, '');
    const at = from + row.insert.length;
    setText(next);
    setCaret(at);
    jump.current = at;
    input.current.focus();
  };
  const send = () => {
    if (!text.trim()) return;
    setText('');
    setCaret(0);
    onSend(text);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    const plainEnter = event.key === 'Enter' && !event.shiftKey;
    if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      setActive((active + (event.key === 'ArrowDown' ? 1 : -1) + rows.length) % rows.length);
    } else if (open && (event.key === 'Tab' || (plainEnter && !rows[active].exact))) pick(rows[active]);
    else if (open && event.key === 'Escape') setDismissed(text);
    else if (plainEnter) send();
    else return;
    event.preventDefault();
  };
  return html`<div class="composer">
    ${open && html`<${Suggestions} id=${id} rows=${rows} active=${active} isCommand=${isCommand} app=${workspace.app} onPick=${pick} onHover=${setActive} />`}
    ${command && focused && html`<div class="popup usage-line">
      <b>${command.command}</b> <span class="usage">${command.usage_hint}</span><small>${command.description}</small></div>`}
    <div class="composer-box">
      ${shortcuts.length > 0 && html`<${Menu} label="Shortcuts" class="shortcuts" align="start" items=${shortcuts.map((shortcut) => ({
        label: shortcut.name, note: shortcut.description, onSelect: () => onShortcut(shortcut),
      }))}><span aria-hidden="true">+</span><//>`}
      <textarea rows="1" aria-label=${label} placeholder=${label} value=${text} ref=${input} aria-autocomplete="list"
        aria-controls=${open ? id : undefined} aria-activedescendant=${open ? `${id}-${active}` : undefined}
        onInput=${read} onKeyDown=${onKeyDown} onSelect=${(event) => setCaret(event.target.selectionStart)}
        onFocus=${() => setFocused(true)} onBlur=${() => setFocused(false)} />
      <button type="button" class=${classes('send', text.trim() && 'is-ready')} aria-label="Send message" title="Send message" onClick=${send}>➤</button>
    </div>
    <div class="composer-hint"><b>Enter</b> to send · <b>Shift + Enter</b> for a new line · <b>/</b> for commands</div>
  </div>`;
}
