import { Dialog } from './dialog.js';
import { Menu } from './menu.js';
import { classes, html, useState } from './ui.js';
import { Avatar, channelName, fullName, nameOf, useWorkspace } from './workspace.js';

export const ChannelMark = ({ channel }) =>
  html`<span class="channel-mark" aria-hidden="true">${channel.is_private ? html`<${Lock} />` : '#'}</span>`;

export const Lock = () => html`<svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
  <path d="M5 7V5a3 3 0 0 1 6 0v2" fill="none" stroke="currentColor" stroke-width="1.6" />
  <rect x="3.2" y="7" width="9.6" height="6.8" rx="1.6" fill="none" stroke="currentColor" stroke-width="1.6" />
</svg>`;

const Row = ({ href, current, unread, dim, mark, note, children }) => html`<li>
  <a href=${href} class=${classes('row', current && 'is-current', unread && !current && 'is-unread', dim && 'is-dim')}
    aria-current=${current ? 'page' : undefined}>
    ${mark}<span class="row-name">${children}</span>${note && html`<small>${note}</small>`}
    ${unread && !current && html`<span class="dot" role="img" aria-label="unread" />`}
  </a>
</li>`;

const Group = ({ title, children }) => html`<section>
  <h2>${title}</h2>
  <ul>${children}</ul>
</section>`;

const byName = (a, b) => a.is_archived - b.is_archived || a.name.localeCompare(b.name);

function NewChannel({ session, onClose }) {
  const [name, setName] = useState('');
  const [isPrivate, setPrivate] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const made = await session.ask('create', { name: name.trim(), is_private: isPrivate });
    if (!made) return;
    await session.boot(); // the page goes only where it knows a channel
    onClose();
    location.hash = `#/${made.channel}`;
  };
  return html`<${Dialog} label="Create a channel" class="confirm" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2>Create a channel</h2>
      <${ChannelName} value=${name} onChange=${setName} />
      <label class="choice"><input type="checkbox" checked=${isPrivate} onChange=${(event) => setPrivate(event.target.checked)} />
        <span>Private<small>Only people who are invited see it.</small></span></label>
      <div class="dialog-foot">
        <button type="button" class="btn" onClick=${onClose}>Cancel</button>
        <button type="submit" class="btn btn-primary">Create</button>
      </div>
    </form>
  <//>`;
}

export const ChannelName = ({ value, onChange }) => html`<div class="field">
  <div class="field-label"><label for="channel-name">Channel name</label></div>
  <input id="channel-name" class="input" data-autofocus value=${value} maxlength="80" autocomplete="off"
    onInput=${(event) => onChange(event.target.value.toLowerCase().replace(/\s/g, '-'))} />
</div>`;

export function Sidebar({ place, session }) {
  const [creating, setCreating] = useState(false);
  const workspace = useWorkspace();
  const { team, app, users } = workspace;
  const all = [...workspace.channels.values()];
  const channels = all.filter((c) => !c.is_im).sort(byName);
  const people = all.filter((c) => c.is_im && c.im_user !== app.bot_user);
  const appChat = all.find((c) => c.is_im && c.im_user === app.bot_user);
  return html`<nav class="sidebar" aria-label="Channels and people">
    <div class="team">${team.name}</div>
    <${Group} title="Channels">
      ${channels.map((channel) => html`<${Row} key=${channel.id} href=${`#/${channel.id}`} current=${place.channel?.id === channel.id}
        unread=${channel.unread} dim=${channel.is_archived || !channel.is_member} note=${channel.is_archived && 'archived'} mark=${html`<${ChannelMark} channel=${channel} />`}>
        ${channel.name}
      <//>`)}
      <li><button type="button" class="row row-add" onClick=${() => setCreating(true)}><span class="channel-mark" aria-hidden="true">+</span>Add a channel</button></li>
    <//>
    ${creating && html`<${NewChannel} session=${session} onClose=${() => setCreating(false)} />`}
    ${people.length > 0 && html`<${Group} title="Direct messages">
      ${people.map((channel) => html`<${Row} key=${channel.id} href=${`#/${channel.id}`} current=${place.channel?.id === channel.id}
        unread=${channel.unread} mark=${html`<${Avatar} user=${users.get(channel.im_user)} size=${20} />`}>
        ${channelName(channel, workspace)}${channel.im_user === workspace.me.id && html` <small>you</small>`}
      <//>`)}
    <//>`}
    <${Group} title="Apps">
      <${Row} href=${`#/${app.has_home === false && appChat ? appChat.id : app.id}`} current=${place.app} unread=${appChat?.unread}
        mark=${html`<${Avatar} user=${users.get(app.bot_user)} size=${20} />`}>${app.name}<//>
    <//>
  </nav>`;
}

export function TopBar({ online, onSwitch, onSidebar }) {
  const { me, users } = useWorkspace();
  const people = [...users.values()].filter((user) => !user.is_bot && !user.deleted);
  const items = people.map((user) => ({
    label: html`<${Avatar} user=${user} size=${24} /> ${nameOf(user)}`,
    note: user.title || fullName(user),
    checked: user.id === me.id,
    onSelect: () => onSwitch(user.id),
  }));
  return html`<header class="topbar">
    <button type="button" class="topbar-button sidebar-toggle" aria-label="Show channels" onClick=${onSidebar}>☰</button>
    <span class="topbar-title"><b>Playground</b> <span>a Slack workspace on this machine</span></span>
    ${!online && html`<span class="offline" role="status">Reconnecting…</span>`}
    <a class="topbar-button" href="gallery">Gallery</a>
    <${Menu} label="Who you are" text class="topbar-button who" width=${320} items=${items}>
      <${Avatar} user=${me} size=${24} /><span>You are ${nameOf(me)}</span><span class="caret" aria-hidden="true">▾</span>
    <//>
  </header>`;
}
