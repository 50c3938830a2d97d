import { Emoji, emojiMatching } from './emoji.js';
import { Menu } from './menu.js';
import { useOutside, usePlace } from './popup.js';
import { classes, html, useRef, useState } from './ui.js';
import { nameOf, useWorkspace } from './workspace.js';

/** The reactions below a message; pressing one adds or takes away one's own. */
export function Reactions({ message, session }) {
  const { users, me } = useWorkspace();
  return html`<div class="reactions">${message.reactions.map(({ name, users: who = [], count }) => {
    const mine = who.includes(me?.id);
    const toggle = () => session?.react(message, name, mine);
    return html`<button type="button" class=${classes('reaction', mine && 'is-mine')} key=${name} aria-pressed=${mine} onClick=${toggle}
      aria-label=${`:${name}: ${count ?? who.length}`} title=${`${who.map((id) => nameOf(users.get(id))).join(', ')} reacted with :${name}:`}>
      <${Emoji} name=${name} /> ${count ?? who.length}
    </button>`;
  })}</div>`;
}

function Picker({ onPick }) {
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const root = useRef();
  const button = useRef();
  const place = usePlace(button, open, { align: 'end', width: 300 });
  const close = () => {
    setOpen(false);
    setSearch('');
  };
  useOutside(root, open, close);
  const found = emojiMatching(search);
  const pick = (name) => {
    close();
    onPick(name);
  };
  const onKeyDown = (event) => {
    if (!open || (event.key !== 'Escape' && event.key !== 'Enter')) return;
    if (event.key === 'Enter' && event.target.tagName === 'BUTTON') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') {
      close();
      button.current.focus();
    } else if (found.length) pick(found[0]);
  };
  return html`<span class="menu" ref=${root} onKeyDown=${onKeyDown}>
    <button type="button" class=${classes('tool', open && 'is-open')} aria-label="Add reaction" title="Add reaction" aria-expanded=${open} ref=${button}
      onClick=${() => setOpen(!open)}>☺</button>
    ${open && html`<div class="popup picker" role="dialog" aria-label="Reactions" style=${place}>
      <input class="input" type="search" aria-label="Find a reaction" placeholder="Find a reaction" value=${search}
        ref=${(node) => node && !search && node.focus({ preventScroll: true })} onInput=${(event) => setSearch(event.target.value)} />
      <div class="picker-grid">${found.map((name) => html`<button type="button" key=${name} aria-label=${`:${name}:`} title=${`:${name}:`}
        onClick=${() => pick(name)}><${Emoji} name=${name} /></button>`)}</div>
    </div>`}
  </span>`;
}

/** What can be done with a message: react, and the app's message shortcuts. */
export function MessageTools({ message, session }) {
  const { app } = useWorkspace();
  const shortcuts = (app.shortcuts ?? []).filter(({ type }) => type.startsWith('message'));
  const items = shortcuts.map((shortcut) => ({
    label: shortcut.name,
    note: app.name,
    onSelect: () => session.shortcut(shortcut, message),
  }));
  const react = (name) => session.react(message, name, false);
  return html`<div class="tools" role="group" aria-label="Message actions">
    ${['white_check_mark', 'eyes'].map((name) => html`<button type="button" class="tool" key=${name} aria-label=${`React with :${name}:`}
      title=${`React with :${name}:`} onClick=${() => react(name)}><${Emoji} name=${name} /></button>`)}
    <${Picker} onPick=${react} />
    ${items.length > 0 && html`<${Menu} label="More message actions" class="tool" items=${items}><span aria-hidden="true">⋮</span><//>`}
  </div>`;
}
