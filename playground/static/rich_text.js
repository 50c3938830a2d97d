import { Emoji } from './emoji.js';
import { ChannelMention, DateMention, GroupMention, Link, UserMention } from './mrkdwn.js';
import { html } from './ui.js';

function styled(node, style = {}) {
  let result = node;
  if (style.code) result = html`<code>${result}</code>`;
  if (style.strike) result = html`<s>${result}</s>`;
  if (style.underline) result = html`<u>${result}</u>`;
  if (style.italic) result = html`<i>${result}</i>`;
  if (style.bold) result = html`<b>${result}</b>`;
  return result;
}

const LEAVES = {
  text: (e) => e.text,
  link: (e) => html`<${Link} url=${e.url}>${e.text || e.url}<//>`,
  user: (e) => html`<${UserMention} id=${e.user_id} />`,
  channel: (e) => html`<${ChannelMention} id=${e.channel_id} />`,
  usergroup: (e) => html`<${GroupMention} id=${e.usergroup_id} />`,
  broadcast: (e) => html`<span class="mention mention-me">@${e.range}</span>`,
  emoji: (e) => html`<${Emoji} name=${e.name} />`,
  date: (e) => html`<${DateMention} seconds=${e.timestamp} format=${e.format} url=${e.url} fallback=${e.fallback} />`,
  color: (e) => html`<code><span class="swatch" style=${{ background: e.value }} /> ${e.value}</code>`,
};

const leaves = (elements = []) => elements.map((e) => styled(LEAVES[e.type]?.(e) ?? '', e.style));

function List({ style, indent = 0, offset = 0, border, elements }) {
  const marks = style === 'ordered' ? ['decimal', 'lower-alpha', 'lower-roman'] : ['disc', 'circle', 'square'];
  const look = { marginLeft: `${indent * 24}px`, listStyleType: marks[indent % 3] };
  const items = elements.map((item) => html`<li>${leaves(item.elements)}</li>`);
  const name = border ? 'bordered' : '';
  return style === 'ordered'
    ? html`<ol class=${name} style=${look} start=${offset + 1}>${items}</ol>`
    : html`<ul class=${name} style=${look}>${items}</ul>`;
}

const PARTS = {
  rich_text_section: (part) => html`<div class="rich-section">${leaves(part.elements)}</div>`,
  rich_text_list: (part) => html`<${List} ...${part} />`,
  rich_text_quote: (part) => html`<blockquote>${leaves(part.elements)}</blockquote>`,
  rich_text_preformatted: (part) => html`<pre>${leaves(part.elements)}</pre>`,
};

export const RichText = ({ elements }) =>
  html`<div class="rich-text mrkdwn">${elements.map((part) => PARTS[part.type]?.(part))}</div>`;
