// The elements of blocks: which type is drawn by what, and the two that only act.

import { Confirm } from './dialog.js';
import { plain } from './emoji.js';
import { Choices, DateInput, TextInput } from './inputs.js';
import { Menu } from './menu.js';
import { Text } from './mrkdwn.js';
import { Select } from './select.js';
import { useSurface } from './surface.js';
import { classes, html, openUrl, safeUrl, useRef, useState } from './ui.js';

/** Runs an action after the element's own question, and knows whether one is under way or has failed. */
function useAction(element) {
  const [asking, setAsking] = useState(null);
  const [busy, setBusy] = useState(0);
  const [failed, setFailed] = useState(false);
  const gone = useRef(false);

  const run = async (action) => {
    setFailed(false);
    setBusy((n) => n + 1);
    const ok = await action();
    if (gone.current) return;
    setBusy((n) => n - 1);
    setFailed(!ok);
  };
  const start = (action) => (element.confirm ? setAsking(() => action) : run(action));
  const { confirm } = element;
  const answer = (yes) => {
    const action = asking;
    setAsking(null);
    if (yes) run(action);
  };
  const question = asking && html`<${Confirm} title=${plain(confirm.title)} text=${html`<${Text} text=${confirm.text} />`}
    confirm=${plain(confirm.confirm)} deny=${plain(confirm.deny)} danger=${confirm.style === 'danger'}
    onConfirm=${() => answer(true)} onDeny=${() => answer(false)} />`;
  return { start, question, busy: busy > 0, failed };
}

const Failed = () => html`<span class="failed" role="img" aria-label="That did not work" title="That did not work">⚠</span>`;

function Button({ block, element }) {
  const surface = useSurface();
  const { start, question, busy, failed } = useAction(element);
  const click = () =>
    start(() => {
      openUrl(element.url);
      return surface.act(block, element);
    });
  const look = { primary: 'btn-primary', danger: 'btn-danger' }[element.style];
  return html`<button type="button" class=${classes('btn', look, busy && 'is-busy')} aria-label=${element.accessibility_label}
    aria-busy=${busy || undefined} data-action-id=${element.action_id} onClick=${click}>
    <span>${plain(element.text)}</span>
  </button>${failed && html`<${Failed} />`}${question}`;
}

function Overflow({ block, element }) {
  const surface = useSurface();
  const { start, question, busy, failed } = useAction(element);
  const choose = (option) =>
    start(() => {
      openUrl(option.url);
      return surface.act(block, element, option.value);
    });
  const items = element.options.map((option) => ({
    label: plain(option.text),
    note: plain(option.description) || undefined,
    onSelect: () => choose(option),
  }));
  return html`<${Menu} label="More actions" class=${classes('btn btn-icon', busy && 'is-busy')} items=${items} busy=${busy}>
    <span class="dots" aria-hidden="true">⋯</span>
  <//>${failed && html`<${Failed} />`}${question}`;
}

export const Image = ({ element }) => {
  const source = safeUrl(element.image_url ?? element.slack_file?.url);
  return html`<img class="accessory-image" src=${source} alt=${element.alt_text} />`;
};

const ELEMENTS = {
  button: Button,
  workflow_button: Button,
  overflow: Overflow,
  image: Image,
  plain_text_input: TextInput,
  url_text_input: TextInput,
  email_text_input: TextInput,
  number_input: TextInput,
  datepicker: DateInput,
  timepicker: DateInput,
  checkboxes: Choices,
  radio_buttons: Choices,
};

const UNTIED = {};

/** An element; `field` ties it to the label, hint and error of its input block. */
export function Element({ block, element, id, field = UNTIED }) {
  const Kind = ELEMENTS[element.type] ?? (element.type.endsWith('_select') ? Select : null);
  if (!Kind) return html`<span class="unknown">${element.type}</span>`;
  return html`<${Kind} block=${block} element=${element} id=${id} field=${field} />`;
}
