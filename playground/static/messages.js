import { Blocks } from './blocks.js';
import { Link, Mrkdwn } from './mrkdwn.js';
import { MessageTools, Reactions } from './reactions.js';
import { Surface, useSurfaceState } from './surface.js';
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from './ui.js';
import { Avatar, clock, dayLabel, dayOf, nameOf, slackDate, useWorkspace } from './workspace.js';

const TOGETHER = 5 * 60; // seconds within which a person's messages stand under one name

const Edited = () => html`<span class="edited">(edited)</span>`;

function Body({ message, surface }) {
  if (!message.blocks?.length) {
    return html`<div class="message-text"><${Mrkdwn} text=${message.text ?? ''} />${message.edited && html` <${Edited} />`}</div>`;
  }
  // Slack marks no edit of a message made of blocks
  return html`<${Surface.Provider} value=${surface}><${Blocks} blocks=${message.blocks} /><//>`;
}

const Attachment = ({ attachment, surface }) => html`<div class="attachment" style=${{ borderColor: attachment.color && `#${attachment.color.replace('#', '')}` }}>
  ${attachment.title && html`<b>${attachment.title_link ? html`<${Link} url=${attachment.title_link}>${attachment.title}<//>` : attachment.title}</b>`}
  ${attachment.text && html`<${Mrkdwn} text=${attachment.text} />`}
  ${attachment.blocks && html`<${Surface.Provider} value=${surface}><${Blocks} blocks=${attachment.blocks} /><//>`}
</div>`;

const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;

const allBlocks = (message) => [...(message.blocks ?? []), ...(message.attachments ?? []).flatMap(({ blocks }) => blocks ?? [])];

/** One message; without a `session` its buttons do nothing, as in the gallery. */
export function Message({ message, session, compact = false, target = false }) {
  const { users, tz } = useWorkspace();
  const [trouble, setTrouble] = useState(null);
  const container = { type: 'message', channel: message.channel, ts: message.ts };
  const surface = useSurfaceState({ client: session?.client, container, blocks: allBlocks(message), onError: setTrouble });
  const user = users.get(message.user);
  const seconds = Number(message.ts);
  const time = html`<a class="message-time" href=${`#/${message.channel}/${message.ts}`} title=${slackDate(seconds, '{date_long} {time_secs}', tz)}>
    ${clock(seconds, tz)}</a>`;
  return html`<article class=${classes('message', compact && 'is-compact', message.ephemeral && 'is-ephemeral', message.subtype && 'is-system', target && 'is-target')}
    aria-label=${`${nameOf(user)} at ${clock(seconds, tz)}`} data-ts=${message.ts}>
    ${message.ephemeral && html`<div class="only-you"><span aria-hidden="true">👁</span> Only visible to you</div>`}
    <div class="message-side">${compact ? time : html`<${Avatar} user=${user} />`}</div>
    <div class="message-main">
      ${!compact && html`<div class="message-head">
        <span class="message-name">${nameOf(user)}</span>
        ${(message.bot || user?.is_bot) && html`<span class="badge">APP</span>`}
        ${user?.is_stranger && html`<span class="badge" title="From another company">EXTERNAL</span>`} ${time}
      </div>`}
      ${isReply(message) && html`<div class="reply">↳ in a thread</div>`}
      <${Body} message=${message} surface=${surface} />
      ${message.attachments?.map((attachment) => html`<${Attachment} attachment=${attachment} surface=${surface} />`)}
      ${message.reactions?.length > 0 && html`<${Reactions} message=${message} session=${session} />`}
      ${trouble && html`<div class="message-trouble" role="alert">That did not work: ${trouble}</div>`}
    </div>
    ${session && !message.ephemeral && html`<${MessageTools} message=${message} session=${session} />`}
  </article>`;
}

const follows = (message, before) =>
  before && !message.ephemeral && !before.ephemeral && before.user === message.user && !isReply(message) &&
  Number(message.ts) - Number(before.ts) < TOGETHER;

/** Keeps the newest message in sight, unless the reader has scrolled back or came for one message. */
function useScroll(channel, messages, ts) {
  const box = useRef();
  const stuck = useRef(true);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    stuck.current = scrollHeight - scrollTop - clientHeight < 60;
  };
  useLayoutEffect(() => {
    stuck.current = !ts;
  }, [channel, ts]);
  useLayoutEffect(() => {
    if (stuck.current) box.current.scrollTop = box.current.scrollHeight;
  }, [channel, messages]);
  // The writing below grows, the window shrinks: neither is a scroll.
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => {
      if (stuck.current) box.current.scrollTop = box.current.scrollHeight;
    });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const loaded = Boolean(messages);
  useEffect(() => {
    if (ts) box.current.querySelector(`[data-ts="${CSS.escape(ts)}"]`)?.scrollIntoView({ block: 'center' });
  }, [channel, ts, loaded]);
  return { box, onScroll };
}

export function Messages({ channel, messages, session, label, intro, ts }) {
  const { tz } = useWorkspace();
  const { box, onScroll } = useScroll(channel, messages, ts);
  const rows = (messages ?? []).map((message, index) => {
    const before = messages[index - 1];
    const newDay = !before || dayOf(Number(before.ts), tz) !== dayOf(Number(message.ts), tz);
    return html`
      ${newDay && html`<div class="day" key=${`day ${message.ts}`}><span>${dayLabel(Number(message.ts), tz)}</span></div>`}
      <${Message} key=${message.ts} message=${message} session=${session} target=${message.ts === ts} compact=${!newDay && follows(message, before)} />`;
  });
  return html`<div class="messages" role="log" aria-live="polite" aria-label=${label} tabindex="0" ref=${box} onScroll=${onScroll}>
    <div class="messages-inner">
      <div class="intro">${intro}</div>
      ${rows}
    </div>
  </div>`;
}
