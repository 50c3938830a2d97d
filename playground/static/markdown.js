// The markdown block: the everyday part of standard Markdown.

import { emojify } from './emoji.js';
import { Link } from './mrkdwn.js';
import { html } from './ui.js';

const INLINE = /`([^`\n]+)`|\[([^\]\n]+)\]\(([^)\s]+)\)|\*\*(.+?)\*\*|~~(.+?)~~|(?<![\w*])[*_]([^*_\n]+)[*_](?![\w*])/g;

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, label, url, bold, strike, italic] = match;
    nodes.push(emojify(text.slice(from, match.index)));
    from = match.index + whole.length;
    if (code) nodes.push(html`<code>${code}</code>`);
    else if (label) nodes.push(html`<${Link} url=${url}>${inline(label)}<//>`);
    else if (bold) nodes.push(html`<b>${inline(bold)}</b>`);
    else if (strike) nodes.push(html`<s>${inline(strike)}</s>`);
    else nodes.push(html`<i>${inline(italic)}</i>`);
  }
  nodes.push(emojify(text.slice(from)));
  return nodes;
}

const KINDS = [
  ['heading', /^#{1,6}\s+/],
  ['rule', /^(-{3,}|\*{3,})$/],
  ['bullets', /^\s*[-*+]\s+/],
  ['numbers', /^\s*\d+[.)]\s+/],
  ['quote', /^>\s?/],
];

const kindOf = (line) => KINDS.find(([, pattern]) => pattern.test(line)) ?? ['text', /^/];

const items = (lines) => lines.map((line) => html`<li>${inline(line)}</li>`);

const SHOW = {
  heading: (lines) => lines.map((line) => html`<h3>${inline(line)}</h3>`),
  rule: () => html`<hr />`,
  bullets: (lines) => html`<ul>${items(lines)}</ul>`,
  numbers: (lines) => html`<ol>${items(lines)}</ol>`,
  quote: (lines) => html`<blockquote>${inline(lines.join('\n'))}</blockquote>`,
  text: (lines) => html`<p>${inline(lines.join('\n'))}</p>`,
  blank: () => null,
};

function chunks(text) {
  const found = [];
  for (const line of text.split('\n')) {
    const [kind, pattern] = line.trim() ? kindOf(line) : ['blank', /^/];
    const content = line.replace(pattern, '');
    if (found.at(-1)?.kind === kind) found.at(-1).lines.push(content);
    else found.push({ kind, lines: [content] });
  }
  return found.map(({ kind, lines }) => SHOW[kind](lines));
}

export const Markdown = ({ text }) => html`<div class="markdown mrkdwn">
  ${text.split(/```\w*\n([\s\S]*?)\n?```/).map((part, index) => (index % 2 ? html`<pre>${part}</pre>` : chunks(part)))}
</div>`;
