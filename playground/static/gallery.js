// Every modal, message and Home of the app side by side, so that their design can be judged by looking.

import { Client, fetchGallery, FIRST_PERSON } from './client.js';
import { HomeView } from './home.js';
import { Message } from './messages.js';
import { ModalFrame } from './modal.js';
import { useSurfaceState } from './surface.js';
import { html, render, useEffect, useState } from './ui.js';
import { makeWorkspace, Workspace } from './workspace.js';

const NOBODY = { team: {}, user: {}, users: [], usergroups: [], channels: [], app: { id: '', name: 'App', bot_user: 'APP', commands: [] } };

const slug = (...names) => names.join(' ').toLowerCase().replace(/[^a-z0-9]+/g, '-');

/** A view as the app gives it may leave block ids to the server. */
const named = (blocks = []) => blocks.map((block, index) => ({ block_id: `block-${index}`, ...block }));

function Modal({ view }) {
  const blocks = named(view.blocks);
  const surface = useSurfaceState({ blocks, seed: true });
  return html`<div class="dialog modal"><${ModalFrame} view=${{ ...view, blocks }} surface=${surface} /></div>`;
}

const now = (Date.now() / 1000).toFixed(6);

const SHOW = {
  modal: ({ item }) => html`<${Modal} view=${item.view} />`,
  home: ({ item }) => html`<${HomeView} view=${{ ...item.view, blocks: named(item.view.blocks) }} />`,
  message: ({ item, bot }) => {
    const message = { ts: now, user: bot, bot: true, ...item.message };
    return html`<${Message} message=${{ ...message, blocks: message.blocks && named(message.blocks) }} />`;
  },
};

function Item({ id, item, bot }) {
  const Kind = SHOW[item.kind];
  return html`<figure class=${`item item-${item.kind}`} id=${id} aria-label=${item.name}>
    <figcaption><a href=${`#${id}`}>${item.name}</a> <small>${item.kind}</small></figcaption>
    <div class="item-frame"><${Kind} item=${item} bot=${bot} /></div>
  </figure>`;
}

function Contents({ sections, search, onSearch, theme, onTheme }) {
  return html`<nav class="contents" aria-label="Contents">
    <h1>Gallery</h1>
    <input class="input" type="search" placeholder="Search" aria-label="Search the gallery" value=${search}
      onInput=${(event) => onSearch(event.target.value)} />
    <div class="themes" role="group" aria-label="Theme">
      ${['light', 'dark'].map((name) => html`<button type="button" class="btn" aria-pressed=${theme === name} onClick=${() => onTheme(name)}>${name}</button>`)}
    </div>
    ${sections.map((section) => html`<section key=${section.name}>
      <h2>${section.name}</h2>
      <ul>${section.items.map((item) => html`<li><a href=${`#${slug(section.name, item.name)}`}>${item.name}</a></li>`)}</ul>
    </section>`)}
    <p><a href="./">Back to the playground</a></p>
  </nav>`;
}

const preferred = () =>
  new URLSearchParams(location.search).get('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

function Gallery({ sections, workspace }) {
  const [search, setSearch] = useState('');
  const [theme, setTheme] = useState(preferred);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(() => {
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, []);
  const wanted = (section, item) => `${section.name} ${item.name} ${item.kind}`.toLowerCase().includes(search.trim().toLowerCase());
  const found = sections
    .map((section) => ({ ...section, items: section.items.filter((item) => wanted(section, item)) }))
    .filter((section) => section.items.length);
  return html`<${Workspace.Provider} value=${workspace}>
    <div class="gallery">
      <${Contents} sections=${found} search=${search} onSearch=${setSearch} theme=${theme} onTheme=${setTheme} />
      <main>
        ${found.map((section) => html`<section key=${section.name} aria-label=${section.name}>
          <h2>${section.name}</h2>
          <div class="items">${section.items.map((item) => html`<${Item} key=${item.name} id=${slug(section.name, item.name)}
            item=${item} bot=${workspace.app.bot_user} />`)}</div>
        </section>`)}
        ${!found.length && html`<p class="nothing">Nothing here is called that.</p>`}
      </main>
    </div>
  <//>`;
}

function App() {
  const [content, setContent] = useState(null);
  useEffect(() => {
    const user = new URLSearchParams(location.search).get('user') ?? FIRST_PERSON;
    const boot = new Client(user).get('boot').catch(() => NOBODY);
    Promise.all([fetchGallery(), boot]).then(
      ([{ sections }, known]) => setContent({ sections, workspace: makeWorkspace(known) }),
      (error) => setContent({ error: error.message }),
    );
  }, []);
  if (!content || content.error) return html`<div class="waiting" role="status">${content?.error ?? 'Opening the gallery…'}</div>`;
  return html`<${Gallery} ...${content} />`;
}

render(html`<${App} />`, document.getElementById('app'));
