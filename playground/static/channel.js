import { Composer } from './composer.js';
import { Dialog } from './dialog.js';
import { Menu } from './menu.js';
import { Messages } from './messages.js';
import { ChannelMark, ChannelName } from './sidebar.js';
import { html, useState } from './ui.js';
import { Avatar, channelName, nameOf, useWorkspace } from './workspace.js';

function Rename({ channel, onRename, onClose }) {
  const [name, setName] = useState(channel.name);
  const submit = (event) => {
    event.preventDefault();
    onRename(name.trim());
  };
  return html`<${Dialog} label="Rename this channel" class="confirm" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2>Rename this channel</h2>
      <${ChannelName} value=${name} onChange=${setName} />
      <div class="dialog-foot">
        <button type="button" class="btn" onClick=${onClose}>Cancel</button>
        <button type="submit" class="btn btn-primary">Rename</button>
      </div>
    </form>
  <//>`;
}

function Settings({ channel, session }) {
  const { app } = useWorkspace();
  const [renaming, setRenaming] = useState(false);
  const ask = (path, body) => session.ask(path, { channel: channel.id, ...body });
  const hasApp = channel.members?.includes(app.bot_user);
  const items = [
    { label: 'Rename channel', onSelect: () => setRenaming(true) },
    channel.is_archived
      ? { label: 'Unarchive channel', onSelect: () => ask('archive', { archived: false }) }
      : { label: 'Archive channel', onSelect: () => ask('archive', { archived: true }) },
    channel.is_private || { label: 'Make private', onSelect: () => ask('make_private') },
    null,
    hasApp !== true && { label: `Add ${app.name}`, onSelect: () => ask('invite', { invited: app.bot_user }) },
    hasApp !== false && { label: `Remove ${app.name}`, onSelect: () => ask('remove', { removed: app.bot_user }) },
    null,
    channel.is_member
      ? { label: 'Leave channel', danger: true, onSelect: () => ask('leave') }
      : { label: 'Join channel', onSelect: () => ask('join') },
  ].filter((item) => typeof item === 'object');
  const rename = async (name) => {
    if (await ask('rename', { name })) setRenaming(false);
  };
  return html`<${Menu} label="Channel settings" class="btn btn-quiet" items=${items}><span aria-hidden="true">⋮</span><//>
    ${renaming && html`<${Rename} channel=${channel} onRename=${rename} onClose=${() => setRenaming(false)} />`}`;
}

function Header({ channel, session }) {
  const workspace = useWorkspace();
  const name = channelName(channel, workspace);
  const members = channel.members?.map((id) => workspace.users.get(id)).filter(Boolean) ?? [];
  return html`<header class="place-head">
    <h1>${channel.is_im
      ? html`<${Avatar} user=${workspace.users.get(channel.im_user)} size=${24} />`
      : html`<${ChannelMark} channel=${channel} />`}${name}</h1>
    ${channel.is_archived && html`<span class="badge">ARCHIVED</span>`}
    <p class="topic" title=${channel.topic}>${channel.topic}</p>
    ${!channel.is_im && members.length > 0 && html`<span class="faces" title=${members.map(nameOf).join(', ')}>
      ${members.slice(0, 3).map((user) => html`<${Avatar} user=${user} size=${22} />`)} ${members.length}</span>`}
    ${!channel.is_im && html`<${Settings} channel=${channel} session=${session} />`}
  </header>`;
}

const Bar = ({ text, action, onAction }) => html`<div class="closed-bar">
  <p>${text}</p><button type="button" class="btn" onClick=${onAction}>${action}</button>
</div>`;

/** The messages of a conversation with the place to write below them. */
export function Conversation({ channel, session, state, ts, introduction }) {
  const workspace = useWorkspace();
  const name = channelName(channel, workspace);
  const title = channel.is_im || channel.is_private ? name : `#${name}`;
  const intro = introduction ?? (channel.is_im
    ? html`This is the start of your conversation with <b>${name}</b>.`
    : html`<h2><${ChannelMark} channel=${channel} />${name}</h2>This is the very beginning of the <b>${title}</b> channel.`);
  const ask = (path, body) => session.ask(path, { channel: channel.id, ...body });
  return html`<${Messages} channel=${channel.id} messages=${state.messages[channel.id]} session=${session} ts=${ts}
      label=${`Messages in ${title}`} intro=${intro} />
    ${channel.is_archived
      ? html`<${Bar} text=${html`<b>${title}</b> is archived: it can be read, but nothing can be written.`} action="Unarchive"
          onAction=${() => ask('archive', { archived: false })} />`
      : channel.is_member || channel.is_im
        ? html`<${Composer} key=${channel.id} label=${`Message ${title}`} onSend=${(text) => session.send(channel.id, text)}
            onShortcut=${(shortcut) => session.shortcut(shortcut)} />`
        : html`<${Bar} text=${html`You are looking at <b>${title}</b>.`} action="Join channel" onAction=${() => ask('join')} />`}`;
}

export const Channel = ({ channel, session, state, ts }) => html`
  <${Header} channel=${channel} session=${session} />
  <${Conversation} channel=${channel} session=${session} state=${state} ts=${ts} />`;
