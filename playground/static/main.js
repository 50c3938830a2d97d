import { Channel } from './channel.js';
import { FIRST_PERSON } from './client.js';
import { AppPlace } from './home.js';
import { Modals } from './modal.js';
import { useSession } from './session.js';
import { Sidebar, TopBar } from './sidebar.js';
import { classes, html, render, useEffect, useLayoutEffect, useMemo, useState } from './ui.js';
import { channelName, makeWorkspace, Workspace } from './workspace.js';

const userInAddress = () => new URLSearchParams(location.search).get('user') ?? FIRST_PERSON;

/** The address: who is looking (?user=U…) and at what (#/channel or #/channel/ts). */
function useAddress() {
  const read = () => ({ user: userInAddress(), hash: location.hash });
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const update = () => setAddress(read());
    window.addEventListener('hashchange', update);
    window.addEventListener('popstate', update);
    return () => {
      window.removeEventListener('hashchange', update);
      window.removeEventListener('popstate', update);
    };
  }, []);
  const setUser = (user) => {
    history.pushState(null, '', `?user=${encodeURIComponent(user)}${location.hash}`);
    setAddress(read());
  };
  const setPlace = (place) => {
    history.replaceState(null, '', `#/${place}`);
    setAddress(read());
  };
  return { ...address, setUser, setPlace };
}

/** What a hash names: a channel by id or name, or the app's Home. Without one, a channel the app works in. */
function findPlace(hash, boot) {
  const [wanted, ts] = decodeURIComponent(hash.replace(/^#\/?/, '')).split('/');
  const { app, channels } = boot;
  const chat = channels.find((c) => c.is_im && c.im_user === app.bot_user);
  if (wanted && (wanted === app.id || wanted === 'home' || wanted === 'app')) return { app: true, tab: 'home', chat };
  const channel = channels.find((c) => c.id === wanted) ?? channels.find((c) => !c.is_im && c.name === wanted);
  if (channel && channel.id === chat?.id) return { app: true, tab: 'messages', chat, channel, ts };
  const open = channels.filter((c) => !c.is_im && c.is_member && !c.is_archived);
  const fallback = open.find((c) => c.members.includes(app.bot_user)) ?? open[0] ?? channels[0];
  return { channel: channel ?? fallback, ts: channel && ts };
}

function Page({ session, address }) {
  const { state } = session;
  const { boot } = state;
  const place = useMemo(() => findPlace(address.hash, boot), [address.hash, boot]);
  const workspace = useMemo(() => makeWorkspace(boot), [boot]);
  const [sidebar, setSidebar] = useState(false);
  const id = place.channel?.id;

  // A name can change and a first choice too: from now on the address says which channel this is.
  useLayoutEffect(() => {
    if (id && !decodeURIComponent(address.hash).startsWith(`#/${id}`)) address.setPlace(id);
  }, [id, address.hash]);
  useEffect(() => {
    session.current = id;
    setSidebar(false);
    if (!id) return;
    session.loadMessages(id).catch((error) => session.say(error.message));
    session.markRead(id);
  }, [id, session]);
  const title = place.app ? boot.app.name : place.channel && channelName(place.channel, workspace);
  useEffect(() => {
    document.title = [title, boot.team.name, 'playground'].filter(Boolean).join(' · ');
  }, [title]);

  return html`<${Workspace.Provider} value=${workspace}>
    <div class=${classes('page', sidebar && 'shows-sidebar')}>
      <${TopBar} online=${state.online} onSwitch=${address.setUser} onSidebar=${() => setSidebar(!sidebar)} />
      <${Sidebar} place=${place} session=${session} />
      <main class="place">
        ${place.app
          ? html`<${AppPlace} session=${session} state=${state} chat=${place.chat} tab=${place.tab} ts=${place.ts} />`
          : place.channel
            ? html`<${Channel} key=${id} channel=${place.channel} session=${session} state=${state} ts=${place.ts} />`
            : html`<p class="nothing">There is no channel you can see.</p>`}
      </main>
    </div>
    <${Modals} client=${session.client} stack=${state.stack} />
    ${state.notice && html`<div class="notice" role="alert">${state.notice}</div>`}
  <//>`;
}

function App() {
  const address = useAddress();
  const session = useSession(address.user);
  if (session?.state.boot) return html`<${Page} key=${session.client.user} session=${session} address=${address} />`;
  const trouble = session?.state.error;
  return html`<div class="waiting" role="status">${trouble ? html`<p>${trouble}</p><p>Is <b>?user=</b> in the address right? <a href="./">Start over</a></p>` : 'Opening the playground…'}</div>`;
}

render(html`<${App} />`, document.getElementById('app'));
