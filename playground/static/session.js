// What one person sees: the state of the page, kept fresh by the stream.

import { Client } from './client.js';
import { useEffect, useState } from './ui.js';
import { nameOf } from './workspace.js';

const SLACKBOT = 'USLACKBOT';
const INVITE = '/invite'; // Slack's own command: apps tell people to use it

const byTime = (a, b) => Number(a.ts) - Number(b.ts);

const withMessage = (list, message) => [...list.filter((m) => m.ts !== message.ts), message].sort(byTime);

export class Session {
  constructor(user) {
    this.client = new Client(user);
    this.state = { boot: null, messages: {}, stack: [], home: null, homeLoaded: false, online: true };
    this.changes = {}; // how often the stream has said something about a kind of thing
    this.read = new Set(); // channels looked at since their last message
    this.watchers = new Set();
  }

  set(patch) {
    this.state = { ...this.state, ...patch };
    this.watchers.forEach((watcher) => watcher(this.state));
  }

  async start() {
    await this.closeModals();
    if (this.stopped) return;
    this.refresh();
    this.leave = this.client.stream({
      onEvent: (event) => this.receive(event),
      onLost: () => this.set({ online: false }),
      onOpen: () => {
        this.set({ online: true });
        this.refresh(); // what happened before the stream was open, it never tells
      },
    });
  }

  stop() {
    this.stopped = true;
    this.leave?.();
  }

  /** A modal ends with the page it was opened on, as in Slack. */
  async closeModals() {
    try {
      const { stack } = await this.client.get('views');
      if (stack.length) await this.client.post('close', { view_id: stack.at(-1).id, all: true });
    } catch {
      // what is wrong is said when the page asks for everything else
    }
  }

  /** Fetches until the stream has said nothing newer meanwhile, so that an old answer never replaces news. */
  async fresh(kind, fetch) {
    for (;;) {
      const before = this.changes[kind] ?? 0;
      const answer = await fetch();
      if ((this.changes[kind] ?? 0) === before) return answer;
    }
  }

  async refresh() {
    try {
      await this.boot();
      await this.catchUp();
      if (this.state.homeLoaded) await this.loadHome();
    } catch (error) {
      this.set({ error: error.message });
    }
  }

  async catchUp() {
    const { stack } = await this.fresh('views', () => this.client.get('views'));
    this.set({ stack });
    await Promise.all(Object.keys(this.state.messages).map((channel) => this.loadMessages(channel)));
  }

  async boot() {
    const boot = await this.fresh('channels', () => this.client.get('boot'));
    const channels = boot.channels.map((c) => ({ ...c, unread: Boolean(c.unread) && !this.read.has(c.id) }));
    this.client.user = boot.user.id;
    this.set({ boot: { ...boot, channels }, error: null });
  }

  async loadMessages(channel) {
    const answer = await this.fresh(`messages ${channel}`, () => this.client.get('messages', { channel }));
    const notes = (this.state.messages[channel] ?? []).filter((m) => m.local);
    const messages = [...answer.messages, ...notes].sort(byTime);
    this.set({ messages: { ...this.state.messages, [channel]: messages } });
  }

  async loadHome() {
    const { view } = await this.fresh('home', () => this.client.get('home'));
    this.set({ home: view, homeLoaded: true });
  }

  markRead(channel) {
    this.read.add(channel);
    this.#unread(channel, false);
  }

  #unread(channel, unread) {
    const { boot } = this.state;
    if (!boot?.channels.some((c) => c.id === channel && Boolean(c.unread) !== unread)) return;
    const channels = boot.channels.map((c) => (c.id === channel ? { ...c, unread } : c));
    this.set({ boot: { ...boot, channels } });
  }

  #change(channel, update) {
    this.changes[`messages ${channel}`] = (this.changes[`messages ${channel}`] ?? 0) + 1;
    const list = this.state.messages[channel];
    if (list) this.set({ messages: { ...this.state.messages, [channel]: update(list) } });
  }

  receive(event) {
    const { type, message } = event;
    if (type === 'message' || type === 'ephemeral') {
      const { channel } = message;
      const isNew = !this.state.messages[channel]?.some((m) => m.ts === message.ts);
      this.#change(channel, (list) => withMessage(list, message));
      const old = message.edited || message.reactions?.length; // something about an earlier message
      if (isNew && !old && message.user !== this.client.user && this.current !== channel) {
        this.read.delete(channel);
        this.#unread(channel, true);
      }
    } else if (type === 'message_deleted') {
      this.#change(event.channel, (list) => list.filter((m) => m.ts !== event.ts));
    } else if (type === 'views' || type === 'home') {
      this.changes[type] = (this.changes[type] ?? 0) + 1;
      this.set(type === 'views' ? { stack: event.stack } : { home: event.view });
    } else if (type === 'channels') {
      this.changes.channels = (this.changes.channels ?? 0) + 1;
      this.boot().catch(() => {});
    }
  }

  /** Shows a sentence for a while. */
  say(notice) {
    this.set({ notice });
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.set({ notice: null }), 6000);
  }

  /** Asks the server to change something; when it refuses, says why and is false. */
  async ask(path, body) {
    try {
      return await this.client.post(path, body);
    } catch (error) {
      this.say(error.message);
      return false;
    }
  }

  react(message, name, remove) {
    return this.ask('reaction', { channel: message.channel, ts: message.ts, name, remove });
  }

  /** Runs one of the app's shortcuts, on a message or on nothing. */
  async shortcut({ callback_id, name }, message) {
    const { channel, ts } = message ?? {};
    try {
      const answer = await this.client.post('shortcut', { callback_id, channel, ts });
      if (answer.ok === false) this.say(`“${name}” failed with the error “${answer.error}”.`);
    } catch (error) {
      this.say(error.message);
    }
  }

  /** A line from Slackbot that only this page knows. */
  note(channel, text) {
    const ts = (Date.now() / 1000).toFixed(6);
    const message = { ts, channel, user: SLACKBOT, text, blocks: null, ephemeral: true, bot: true, local: true };
    this.set({
      messages: { ...this.state.messages, [channel]: withMessage(this.state.messages[channel] ?? [], message) },
    });
  }

  async invite(channel, typed) {
    const wanted = typed.trim().replace(/^@/, '').toLowerCase();
    const invited = this.state.boot.users.find((user) => [user.name, nameOf(user)].some((name) => name.toLowerCase() === wanted));
    if (!wanted) this.note(channel, `Say whom, as in \`${INVITE} @${nameOf(this.state.boot.user)}\`.`);
    else if (!invited) this.note(channel, `There is nobody called “${wanted}” here.`);
    else await this.client.post('invite', { channel, invited: invited.id });
  }

  /** Sends what was typed: a registered command, Slack's own, a mistaken one, or a message. */
  async send(channel, text) {
    const word = text.split(/\s/, 1)[0];
    try {
      if (this.state.boot.app.commands.some((c) => c.command === word)) {
        const answer = await this.client.post('command', { channel, text });
        if (!answer.ok) this.note(channel, `\`${word}\` failed with the error "${answer.error}"`);
      } else if (word === INVITE) {
        await this.invite(channel, text.slice(INVITE.length));
      } else if (text.startsWith('/')) {
        this.note(
          channel,
          `\`${word}\` is not a valid command. In Slack, all messages that start with the "/" character are ` +
            'interpreted as commands.\nTo send it as a message, put a space before the "/".',
        );
      } else {
        await this.client.post('message', { channel, text: text.trim() });
      }
    } catch (error) {
      this.note(channel, error.message);
    }
  }
}

/** The session of `user`, and its state now. */
export function useSession(user) {
  const [session, setSession] = useState(null);
  const [, setState] = useState(null);
  useEffect(() => {
    const made = new Session(user);
    made.watchers.add(setState);
    setSession(made);
    made.start();
    return () => {
      made.watchers.clear();
      made.stop();
    };
  }, [user]);
  return session;
}
