// The wire between this page and the playground's server. Addresses are relative to where the page is mounted.

async function request(path, options) {
  let response;
  try {
    response = await fetch(`client/${path}`, options);
  } catch {
    throw new Error('The playground cannot be reached.');
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `The playground answered ${response.status}.`);
  return body;
}

const query = (params) =>
  new URLSearchParams(Object.entries(params).filter(([, value]) => value != null)).toString();

export const fetchGallery = () => request('gallery');

/** Who looks when the address does not say: the first person of the workspace the playground begins with. */
export const FIRST_PERSON = 'U0MAYA';

export class Client {
  constructor(user) {
    this.user = user;
  }

  get(path, params = {}) {
    return request(`${path}?${query({ user: this.user, ...params })}`);
  }

  post(path, body = {}) {
    return request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: this.user, ...body }),
    });
  }

  /** Calls `onEvent` for everything that happens, `onOpen` after every (re)connection; returns a function that ends it. */
  stream({ onEvent, onOpen, onLost }) {
    let source;
    let timer;
    const connect = () => {
      source = new EventSource(`client/stream?${query({ user: this.user })}`);
      source.onopen = onOpen;
      source.onmessage = (event) => onEvent(JSON.parse(event.data));
      source.onerror = () => {
        onLost();
        if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
        clearTimeout(timer);
        timer = setTimeout(connect, 1500);
      };
    };
    connect();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }
}
