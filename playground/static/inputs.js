// The elements a person types or ticks.

import { plain } from './emoji.js';
import { Text } from './mrkdwn.js';
import { useSurface } from './surface.js';
import { classes, html, nextId, useRef, useState } from './ui.js';

const NEAR_LIMIT = 0.8;

/** The attributes that tie a control to its label, hint and error. */
const tied = (field) => ({
  'aria-describedby': field.describedBy,
  'aria-invalid': field.invalid || undefined,
  'aria-required': field.required || undefined,
  'data-autofocus': field.autofocus || undefined,
  'aria-label': field.labelled ? undefined : field.name,
});

const KINDS = {
  plain_text_input: { type: 'text' },
  url_text_input: { type: 'url' },
  email_text_input: { type: 'email' },
  number_input: { type: 'text', inputmode: 'decimal' },
};

export function TextInput({ block, element, id, field }) {
  const surface = useSurface();
  const value = surface.value(block, element) ?? '';
  const timer = useRef();
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'];
  const act = (now) => surface.act(block, element, now || null);

  const onInput = (event) => {
    const now = event.target.value;
    surface.set(block, element, now);
    if (!block.dispatch_action || !triggers.includes('on_character_entered')) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => act(now), 250);
  };
  const onKeyDown = (event) => {
    if (event.key !== 'Enter' || event.isComposing || element.multiline) return;
    if (!block.dispatch_action || !triggers.includes('on_enter_pressed')) return;
    event.preventDefault();
    clearTimeout(timer.current);
    act(event.target.value);
  };
  const left = element.max_length ? element.max_length - [...value].length : Infinity;
  const near = element.max_length && left <= element.max_length * (1 - NEAR_LIMIT);
  const common = {
    id, value, onInput, onKeyDown, ...tied(field), placeholder: plain(element.placeholder),
    class: classes('input', field.invalid && 'is-invalid', near && 'has-count'),
  };
  return html`<div class="text-input">
    ${element.multiline ? html`<textarea ...${common} rows="4" />` : html`<input ...${common} ...${KINDS[element.type]} autocomplete="off" />`}
    ${near && html`<span class=${classes('count', left < 0 && 'is-over')} aria-live="polite">${left}</span>`}
  </div>`;
}

const TIMES = { datepicker: 'date', timepicker: 'time' };

export function DateInput({ block, element, id, field }) {
  const surface = useSurface();
  const value = surface.value(block, element) ?? '';
  const type = TIMES[element.type];
  const onChange = (event) => {
    const now = event.target.value;
    if (type === 'date' && now && now < '1000') return; // a year that is still being typed
    surface.choose(block, element, now || null);
  };
  const clear = () => surface.choose(block, element, null);
  return html`<div class="date-input">
    <input id=${id} type=${type} class=${classes('input', !value && 'is-empty', field.invalid && 'is-invalid')} value=${value} onChange=${onChange}
      ...${tied({ ...field, name: plain(element.placeholder) || 'Select a date' })} />
    ${value && block.optional && html`<button type="button" class="select-clear" aria-label="Clear" onClick=${clear}>×</button>`}
  </div>`;
}

export function Choices({ block, element, id, field }) {
  const surface = useSurface();
  const [group] = useState(() => nextId('choice'));
  const several = element.type === 'checkboxes';
  const now = surface.value(block, element);
  const chosen = (value) => (several ? (now ?? []).includes(value) : now === value);
  const toggle = (value) => {
    if (!several) return surface.choose(block, element, value);
    const next = element.options.map((o) => o.value).filter((v) => (v === value ? !chosen(v) : chosen(v)));
    return surface.choose(block, element, next);
  };
  return html`<div class="choices" id=${id} role=${several ? 'group' : 'radiogroup'} aria-labelledby=${field.labelled} aria-describedby=${field.describedBy}
    aria-label=${field.labelled ? undefined : several ? 'Options' : 'Choose one'} aria-invalid=${field.invalid || undefined}>
    ${element.options.map((option, index) => html`<label class="choice" key=${option.value}>
      <input type=${several ? 'checkbox' : 'radio'} name=${group} checked=${chosen(option.value)} onChange=${() => toggle(option.value)}
        data-autofocus=${(field.autofocus && index === 0) || undefined} />
      <span><${Text} text=${option.text} />${option.description && html`<small><${Text} text=${option.description} /></small>`}</span>
    </label>`)}
  </div>`;
}

const EMPTY = 'This field is required';
const textLength = (value) => [...String(value)].length;

/** What Slack itself refuses before the app hears of a submission; undefined when the value will do. */
export function problem(block, element, value) {
  const { type } = element;
  const empty = value == null || value.length === 0 || (typeof value === 'string' && !value.trim());
  if (empty) return block.optional ? undefined : EMPTY;
  if (type === 'plain_text_input') {
    if (element.min_length && textLength(value) < element.min_length) return `Use at least ${element.min_length} characters`;
    if (element.max_length && textLength(value) > element.max_length) return `Use at most ${element.max_length} characters`;
  }
  if (type === 'email_text_input' && !/^\S+@\S+\.\S+$/.test(value)) return 'Enter a valid email address';
  if (type === 'url_text_input' && !/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(value)) return 'Enter a valid URL, such as https://example.com';
  if (type === 'number_input') {
    const pattern = element.is_decimal_allowed ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/;
    if (!pattern.test(value)) return element.is_decimal_allowed ? 'Enter a number' : 'Enter a whole number';
    if (element.min_value != null && Number(value) < Number(element.min_value)) return `Enter ${element.min_value} or more`;
    if (element.max_value != null && Number(value) > Number(element.max_value)) return `Enter ${element.max_value} or less`;
  }
  return undefined;
}
