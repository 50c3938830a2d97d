// Slack's mrkdwn as virtual nodes. What a person wrote never becomes markup.

import { Emoji, emojify, emojiNamed, plain } from './emoji.js';
import { classes, html, safeUrl } from './ui.js';
import { channelName, nameOf, slackDate, useWorkspace } from './workspace.js';

export const unescape = (text) => text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: '<', gt: '>', amp: '&' })[name]);

export const Link = ({ url, children }) =>
  html`<a class="link" href=${safeUrl(url)} target="_blank" rel="noopener noreferrer">${children ?? url}</a>`;

export function UserMention({ id, label }) {
  const workspace = useWorkspace();
  const user = workspace.users.get(id);
  const text = user ? nameOf(user) : (label ?? id);
  return html`<span class=${classes('mention', id === workspace.me?.id && 'mention-me')}>@${text}</span>`;
}

export function ChannelMention({ id, label }) {
  const workspace = useWorkspace();
  const channel = workspace.channels.get(id);
  if (!channel) return html`<span class="mention">${label ? `#${label}` : '🔒 private channel'}</span>`;
  return html`<a class="mention" href=${`#/${id}`}>#${channelName(channel, workspace)}</a>`;
}

export function GroupMention({ id, label }) {
  const group = useWorkspace().groups.get(id);
  return html`<span class="mention">@${(group?.handle ?? label ?? id).replace(/^@/, '')}</span>`;
}

export function DateMention({ seconds, format, url, fallback }) {
  const { tz } = useWorkspace();
  const text = Number.isFinite(seconds) ? slackDate(seconds, format, tz) : fallback;
  const time = html`<time title=${Number.isFinite(seconds) ? slackDate(seconds, '{date_long} {time}', tz) : ''}>${text}</time>`;
  return url ? html`<${Link} url=${url}>${time}<//>` : time;
}

/** One <…> of mrkdwn, without its brackets. */
function angle(body) {
  const [target, ...rest] = body.split('|');
  const label = rest.length ? unescape(rest.join('|')) : undefined;
  if (target.startsWith('@')) return html`<${UserMention} id=${target.slice(1)} label=${label} />`;
  if (target.startsWith('#')) return html`<${ChannelMention} id=${target.slice(1)} label=${label} />`;
  if (target.startsWith('!subteam^')) return html`<${GroupMention} id=${target.slice(9)} label=${label} />`;
  if (target.startsWith('!date^')) {
    const [, seconds, format, url] = target.split('^');
    return html`<${DateMention} seconds=${Number(seconds)} format=${unescape(format ?? '')} url=${url} fallback=${label} />`;
  }
  if (target.startsWith('!')) return html`<span class="mention mention-me">@${label ?? target.slice(1)}</span>`;
  const url = unescape(target);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return `<${unescape(body)}>`;
  return html`<${Link} url=${url}>${label ? emojify(label) : url.replace(/^mailto:/, '')}<//>`;
}

const INNER = (mark) => String.raw`(?<![\w${mark}])${mark}(?=[^\s${mark}])((?:<[^<>\n]+>|[^\n<${mark}])*?(?:[^\s<${mark}]|<[^<>\n]+>))${mark}(?![\w${mark}])`;

const INLINE = new RegExp(
  [
    '`([^`\\n]+)`', // 1 code
    '<([^<>\\n]+)>', // 2 link, mention, date
    ":([a-z0-9_+'-]+(?:::skin-tone-\\d)?):", // 3 emoji
    INNER('\\*'), // 4 bold
    INNER('_'), // 5 italic
    INNER('~'), // 6 strike
    '(https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]\'"])', // 7 bare address
  ].join('|'),
  'g',
);

function inline(text, depth = 0) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, brackets, name, bold, italic, strike, address] = match;
    if (name && !emojiNamed(name)) continue;
    nodes.push(unescape(text.slice(from, match.index)));
    from = match.index + whole.length;
    const within = (inner) => (depth < 3 ? inline(inner, depth + 1) : unescape(inner));
    if (code) nodes.push(html`<code>${unescape(code)}</code>`);
    else if (brackets) nodes.push(angle(brackets));
    else if (name) nodes.push(html`<${Emoji} name=${name} />`);
    else if (bold) nodes.push(html`<b>${within(bold)}</b>`);
    else if (italic) nodes.push(html`<i>${within(italic)}</i>`);
    else if (strike) nodes.push(html`<s>${within(strike)}</s>`);
    else nodes.push(html`<${Link} url=${unescape(address)} />`);
  }
  nodes.push(unescape(text.slice(from)));
  return nodes;
}

const QUOTE = /^(?:>|&gt;) ?/;

/** Lines, with those that start with > gathered into quotes. */
function lines(text) {
  const nodes = [];
  let quoted = [];
  let run = [];
  const flush = () => {
    if (run.length) nodes.push(...inline(run.join('\n')));
    if (quoted.length) nodes.push(html`<blockquote>${inline(quoted.join('\n'))}</blockquote>`);
    run = [];
    quoted = [];
  };
  for (const line of text.split('\n')) {
    if (QUOTE.test(line) ? run.length : quoted.length) flush();
    if (QUOTE.test(line)) quoted.push(line.replace(QUOTE, ''));
    else run.push(line);
  }
  flush();
  return nodes;
}

export function Mrkdwn({ text }) {
  const parts = text.split(/```\n?([\s\S]*?)\n?```/);
  return html`<span class="mrkdwn">
    ${parts.map((part, index) => (index % 2 ? html`<pre>${unescape(part).replace(/<([^|>]+)(?:\|[^>]*)?>/g, '$1')}</pre>` : part && lines(trimmed(part, index, parts))))}
  </span>`;
}

/** Line ends next to a preformatted block belong to it. */
const trimmed = (part, index, parts) => {
  const start = index > 0 ? part.replace(/^\n/, '') : part;
  return index < parts.length - 1 ? start.replace(/\n$/, '') : start;
};

/** A text object: plain_text or mrkdwn. */
export const Text = ({ text }) => {
  if (text == null) return null;
  if (text.type === 'mrkdwn') return html`<${Mrkdwn} text=${text.text} />`;
  return html`<span class="plain">${plain(text)}</span>`;
};
