// Who and what the workspace knows, for everything that shows a name, a face or a time.

import { classes, createContext, html, useContext } from './ui.js';

export const Workspace = createContext(null);
export const useWorkspace = () => useContext(Workspace);

const PALETTE = ['#4a154b', '#1264a3', '#007a5a', '#b4510f', '#7c3085', '#33658a', '#8d3b72', '#5b6236'];

const SLACKBOT = { id: 'USLACKBOT', name: 'slackbot', real_name: 'Slackbot', color: '#1d9bd1', initials: 'SB', is_bot: true };

export function makeWorkspace(boot) {
  const users = new Map([[SLACKBOT.id, SLACKBOT], ...boot.users.map((user) => [user.id, user])]);
  const channels = new Map(boot.channels.map((channel) => [channel.id, channel]));
  const groups = new Map((boot.usergroups ?? []).map((group) => [group.id, group]));
  return { ...boot, me: boot.user, users, channels, groups, tz: boot.user?.tz };
}

/** What somebody is called: the name they chose to be shown by, as in Slack. */
export const nameOf = (user) => user?.display_name || user?.real_name || user?.name || 'Someone';

/** The full name, where it says more. */
export const fullName = (user) => (user?.real_name && user.real_name !== nameOf(user) ? user.real_name : undefined);

/** What a conversation is called: a person's name for a direct message. */
export const channelName = (channel, workspace) =>
  channel.is_im ? nameOf(workspace.users.get(channel.im_user)) : channel.name;

const colorOf = (user) => {
  if (user?.color) return user.color.startsWith('#') ? user.color : `#${user.color}`;
  const sum = [...(user?.id ?? '')].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return PALETTE[sum % PALETTE.length];
};

export function Avatar({ user, size = 36 }) {
  const style = { background: colorOf(user), width: `${size}px`, height: `${size}px`, fontSize: `${size * 0.4}px` };
  const initials = user?.initials || nameOf(user).slice(0, 1);
  return html`<span class=${classes('avatar', user?.is_bot && 'avatar-app')} style=${style} aria-hidden="true">
    ${initials}
  </span>`;
}

const formatter = (tz, options) => {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: tz || undefined, ...options });
  } catch {
    return new Intl.DateTimeFormat('en-GB', options);
  }
};

export const clock = (seconds, tz) => formatter(tz, { hour: '2-digit', minute: '2-digit' }).format(seconds * 1000);

/** The calendar day of a moment, as YYYY-MM-DD, where `tz` is. */
export const dayOf = (seconds, tz) => {
  const parts = formatter(tz, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(seconds * 1000);
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}`;
};

const nearby = (seconds, tz) => {
  const now = Date.now() / 1000;
  const day = dayOf(seconds, tz);
  return { [dayOf(now - 86400, tz)]: 'yesterday', [dayOf(now, tz)]: 'today', [dayOf(now + 86400, tz)]: 'tomorrow' }[day];
};

const capital = (text) => text[0].toUpperCase() + text.slice(1);

export const dayLabel = (seconds, tz) =>
  capital(nearby(seconds, tz) ?? formatter(tz, { weekday: 'long', day: 'numeric', month: 'long' }).format(seconds * 1000));

const ago = (seconds) => {
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  const delta = seconds - Date.now() / 1000;
  const size = Math.abs(delta);
  if (size < 60) return relative.format(Math.round(delta), 'second');
  if (size < 3600) return relative.format(Math.round(delta / 60), 'minute');
  if (size < 86400) return relative.format(Math.round(delta / 3600), 'hour');
  return relative.format(Math.round(delta / 86400), 'day');
};

/** Slack's <!date^…> formats, in the reader's own time zone. */
export function slackDate(seconds, format, tz) {
  const show = (options) => formatter(tz, options).format(seconds * 1000);
  const near = (text) => nearby(seconds, tz) ?? text;
  const sameYear = dayOf(seconds, tz).slice(0, 4) === dayOf(Date.now() / 1000, tz).slice(0, 4);
  const year = sameYear ? {} : { year: 'numeric' };
  const date = show({ day: 'numeric', month: 'long', ...year });
  const short = show({ day: 'numeric', month: 'short', ...year });
  const long = show({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const values = {
    date_num: dayOf(seconds, tz),
    date, date_short: short, date_long: long,
    date_pretty: near(date), date_short_pretty: near(short), date_long_pretty: near(long),
    date_slash: show({ day: '2-digit', month: '2-digit', year: 'numeric' }),
    date_long_full: long, day_divider_pretty: near(date),
    time: show({ hour: '2-digit', minute: '2-digit' }),
    time_secs: show({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    ago: ago(seconds),
  };
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  return text ? capital(text) : text;
}
