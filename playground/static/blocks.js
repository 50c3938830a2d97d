import { Element, Image } from './elements.js';
import { plain } from './emoji.js';
import { Markdown } from './markdown.js';
import { Text } from './mrkdwn.js';
import { RichText } from './rich_text.js';
import { useSurface } from './surface.js';
import { classes, html, nextId, safeUrl, useState } from './ui.js';

function Section({ block }) {
  return html`<div class="section">
    <div class="section-main">
      ${block.text && html`<div class="section-text"><${Text} text=${block.text} /></div>`}
      ${block.fields && html`<div class="fields">${block.fields.map((field) => html`<div><${Text} text=${field} /></div>`)}</div>`}
    </div>
    ${block.accessory && html`<div class=${`accessory accessory-${block.accessory.type}`}>
      <${Element} block=${block} element=${block.accessory} key=${block.accessory.action_id} />
    </div>`}
  </div>`;
}

const Context = ({ block }) => html`<div class="context">
  ${block.elements.map((element) => element.type === 'image'
    ? html`<img src=${safeUrl(element.image_url)} alt=${element.alt_text} />`
    : html`<span class="context-text"><${Text} text=${element} /></span>`)}
</div>`;

const Actions = ({ block }) => html`<div class="actions">
  ${block.elements.map((element) => html`<div class="action" key=${element.action_id}><${Element} block=${block} element=${element} /></div>`)}
</div>`;

function Input({ block }) {
  const surface = useSurface();
  const [id] = useState(() => nextId('field'));
  const { element } = block;
  const error = surface.errors[block.block_id];
  const grouped = element.type === 'checkboxes' || element.type === 'radio_buttons';
  const field = {
    labelled: `${id}-label`,
    describedBy: classes(block.hint && `${id}-hint`, error && `${id}-error`) || undefined,
    invalid: Boolean(error),
    required: !block.optional,
    autofocus: Boolean(element.focus_on_load),
  };
  return html`<div class=${classes('field', error && 'has-error')}>
    <div class="field-label">
      <label id=${`${id}-label`} for=${grouped ? undefined : id}>${plain(block.label)}</label>
      ${block.optional && html`<span class="optional"> (optional)</span>`}
    </div>
    <${Element} block=${block} element=${element} id=${id} field=${field} key=${element.action_id} />
    ${error && html`<div class="field-error" id=${`${id}-error`} role="alert">${error}</div>`}
    ${block.hint && html`<div class="hint" id=${`${id}-hint`}>${plain(block.hint)}</div>`}
  </div>`;
}

const ALERT_MARKS = { default: 'i', info: 'i', warning: '!', error: '!', success: '✓' };

function Alert({ block }) {
  const level = block.level ?? block.style ?? 'default';
  return html`<div class=${`alert alert-${level}`} role=${level === 'error' || level === 'warning' ? 'alert' : 'status'}>
    <span class="alert-mark" aria-hidden="true">${ALERT_MARKS[level]}</span>
    <div><${Text} text=${block.text} /></div>
  </div>`;
}

const Picture = ({ block }) => html`<figure class="picture">
  ${block.title && html`<figcaption>${plain(block.title)}</figcaption>`}
  <${Image} element=${block} />
</figure>`;

const BLOCKS = {
  section: Section,
  context: Context,
  actions: Actions,
  input: Input,
  alert: Alert,
  image: Picture,
  divider: () => html`<hr class="divider" />`,
  header: ({ block }) => html`<h3 class="header">${plain(block.text)}</h3>`,
  rich_text: ({ block }) => html`<${RichText} elements=${block.elements} />`,
  markdown: ({ block }) => html`<${Markdown} text=${block.text} />`,
};

const Unknown = ({ block }) => html`<div class="unknown">${block.type}</div>`;

export const Blocks = ({ blocks }) => html`<div class="blocks">
  ${blocks.map((block, index) => {
    const Kind = BLOCKS[block.type] ?? Unknown;
    return html`<div class=${`block block-${block.type}`} data-block-id=${block.block_id} key=${block.block_id ?? index}>
      <${Kind} block=${block} />
    </div>`;
  })}
</div>`;
