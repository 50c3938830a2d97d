import { createContext, Fragment, h, render } from './vendor/preact.js';
import htm from './vendor/htm.js';

export * from './vendor/hooks.js';
export { createContext, Fragment, render };
export const html = htm.bind(h);

/** Joins class names, leaving out the falsy ones. */
export const classes = (...names) => names.filter(Boolean).join(' ');

let last = 0;
export const nextId = (prefix) => `${prefix}-${++last}`;

/** Only addresses that a link may safely open. */
export const safeUrl = (url) => (/^(https?|mailto|tel|slack):/i.test(url ?? '') ? url : undefined);

export const openUrl = (url) => safeUrl(url) && window.open(url, '_blank', 'noopener');
