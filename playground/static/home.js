import { Blocks } from './blocks.js';
import { Conversation } from './channel.js';
import { Surface, useSurfaceState } from './surface.js';
import { html, useEffect, useState } from './ui.js';
import { Avatar, useWorkspace } from './workspace.js';

/** A Home view; without a `client` its buttons do nothing. */
export function HomeView({ view, client }) {
  const [trouble, setTrouble] = useState(null);
  const container = { type: 'view', view_id: view.id };
  const surface = useSurfaceState({ client, container, blocks: view.blocks, seed: true, onError: setTrouble });
  return html`<div class="home-view">
    ${trouble && html`<div class="trouble" role="alert">That did not work: ${trouble}</div>`}
    <${Surface.Provider} value=${surface}><${Blocks} blocks=${view.blocks} /><//>
  </div>`;
}

const Tab = ({ name, href, selected }) =>
  html`<a role="tab" href=${href} class="tab" aria-selected=${selected} id=${`tab-${name}`}>${name}</a>`;

/** The app's own place: its Home tab, and its messages to this person. */
export function AppPlace({ session, state, chat, tab, ts }) {
  const { app, users } = useWorkspace();
  const bot = users.get(app.bot_user);

  useEffect(() => {
    session.client.post('home_opened', { tab }).catch(() => {});
    if (tab === 'home') session.loadHome().catch(() => {});
  }, [tab, session]);

  return html`
    <header class="place-head app-head">
      <h1><${Avatar} user=${bot} size=${28} />${app.name} <span class="badge">APP</span></h1>
      <div class="tabs" role="tablist" aria-label=${app.name}>
        <${Tab} name="Home" href=${`#/${app.id}`} selected=${tab === 'home'} />
        ${chat && html`<${Tab} name="Messages" href=${`#/${chat.id}`} selected=${tab === 'messages'} />`}
      </div>
    </header>
    ${tab === 'home'
      ? html`<div class="home" role="tabpanel" aria-labelledby="tab-Home" tabindex="0">
          ${state.home
            ? html`<${HomeView} key=${state.home.id} view=${state.home} client=${session.client} />`
            : html`<p class="nothing">${state.homeLoaded ? 'This app has not published its Home yet.' : 'Loading…'}</p>`}
        </div>`
      : html`<${Conversation} channel=${chat} session=${session} state=${state} ts=${ts}
          introduction=${html`This is where <b>${app.name}</b> writes to you.`} />`}`;
}
