import { usePlace } from './popup.js';
import { classes, html, nextId, useEffect, useLayoutEffect, useRef, useState } from './ui.js';

const matches = ({ label, note = '' }, query) => `${label} ${note}`.toLowerCase().includes(query.trim().toLowerCase());

const filtered = (groups, query) =>
  groups
    .map((group) => ({ ...group, options: group.options.filter((option) => matches(option, query)) }))
    .filter((group) => group.options.length);

/** Asks `load` for the options of what is typed, when typing rests; `query` is what those at hand answer. */
function useLoaded(load, open, query, minimum) {
  const [state, setState] = useState({ groups: [], note: null, query: null });
  useEffect(() => {
    if (!load || !open) return undefined;
    if (query.trim().length < minimum) {
      const more = minimum - query.trim().length;
      setState({ query, groups: [], note: `Type ${more} more character${more > 1 ? 's' : ''} to search` });
      return undefined;
    }
    let current = true;
    setState((before) => ({ ...before, query: null, note: before.groups.length ? null : 'Loading…' }));
    const timer = setTimeout(async () => {
      const answer = await load(query).catch(() => null);
      if (current) setState(answer ? { query, groups: answer, note: null } : { query, groups: [], note: 'The options could not be loaded' });
    }, query ? 250 : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [open, query]);
  return state;
}

function Popup({ id, groups, note, active, place, chosen, onChoose, onHover }) {
  const list = useRef();
  useLayoutEffect(() => list.current.querySelector('.is-active')?.scrollIntoView({ block: 'nearest' }), [active]);
  let at = -1;
  const option = (item) => {
    at += 1;
    const mine = at;
    const selected = chosen.includes(item.value);
    return html`<li id=${`${id}-${mine}`} role="option" aria-selected=${selected} aria-disabled=${item.disabled || undefined}
      class=${classes('popup-item', mine === active && 'is-active', selected && 'is-chosen')}
      onClick=${() => item.disabled || onChoose(item)} onMouseMove=${() => onHover(mine)}>
      <span>${item.icon}${item.label}</span>${item.note && html`<small>${item.note}</small>`}
    </li>`;
  };
  return html`<ul class="popup" role="listbox" id=${id} aria-label="Options" style=${place} ref=${list}
    onMouseDown=${(event) => event.preventDefault()}>
    ${note && html`<li class="popup-note" role="presentation">${note}</li>`}
    ${groups.map((group) => html`
      ${group.label && html`<li class="popup-group" role="presentation">${group.label}</li>`}
      ${group.options.map(option)}`)}
  </ul>`;
}

/**
 * A select menu with a filter. Options are {value, label, note?, icon?}; `chosen` is the list of those chosen now.
 * `load(query)` gives the groups of an external select.
 */
export function Combobox({ id, name, placeholder, multi, max, chosen, groups: all, load, minimum = 0, clearable, onChange, field }) {
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const [list] = useState(() => nextId('list'));
  const box = useRef();
  const input = useRef();
  const place = usePlace(box, open);
  const loaded = useLoaded(load, open, query, minimum);

  const full = multi && max && chosen.length >= max;
  const groups = (load ? loaded.groups : filtered(all, query)).map((group) => ({
    ...group,
    options: full ? group.options.map((o) => ({ ...o, disabled: !chosen.some((c) => c.value === o.value) })) : group.options,
  }));
  const options = groups.flatMap((group) => group.options);
  const note = loaded.note ?? (options.length ? null : 'No results');
  const waiting = Boolean(load) && loaded.query !== query;
  const entered = useRef(false);

  const show = () => {
    if (open) return;
    const at = multi ? -1 : options.findIndex((option) => option.value === chosen[0]?.value);
    setActive(Math.max(0, at));
    setOpen(true);
  };
  const hide = () => {
    entered.current = false;
    setOpen(false);
    setQuery('');
  };
  const remove = (value) => onChange(chosen.filter((option) => option.value !== value));
  const choose = (option) => {
    hide();
    if (!multi) onChange([option]);
    else if (chosen.some((c) => c.value === option.value)) remove(option.value);
    else onChange([...chosen, option]);
  };
  // Enter, pressed before the options of what was typed were there, means the first of those.
  useLayoutEffect(() => {
    if (!entered.current || waiting) return;
    entered.current = false;
    if (options[active] && !options[active].disabled) choose(options[active]);
  }, [waiting]);
  const onKeyDown = (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (open) setActive((active + step + options.length) % Math.max(1, options.length));
      else show();
    } else if (event.key === 'Enter') {
      const option = options[active];
      if (open && waiting) entered.current = true;
      else if (open && option && !option.disabled) choose(option);
      else if (!open) show();
    } else if (event.key === 'Escape' && open) hide();
    else if (event.key === 'Backspace' && !query && multi && chosen.length) return remove(chosen.at(-1).value);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onInput = (event) => {
    entered.current = false;
    setQuery(event.target.value);
    setActive(0);
    setOpen(true);
  };
  const single = multi ? undefined : chosen[0];
  const empty = chosen.length === 0;
  return html`<div class=${classes('select', multi && 'select-multi', open && 'is-open', empty && 'is-empty', field.invalid && 'is-invalid')} ref=${box}
    onClick=${(event) => { if (event.target.closest('button, .popup')) return; input.current.focus(); show(); }}>
    ${multi && chosen.map((option) => html`<span class="token" key=${option.value}>${option.icon}<span>${option.label}</span>
      <button type="button" aria-label=${`Remove ${option.label}`} onClick=${() => remove(option.value)}>×</button></span>`)}
    ${single?.icon && !open && html`<span class="select-icon">${single.icon}</span>`}
    <input id=${id} ref=${input} type="text" role="combobox" autocomplete="off" spellcheck=${false} aria-autocomplete="list"
      aria-expanded=${open} aria-controls=${open ? list : undefined} aria-label=${name}
      aria-activedescendant=${open && options.length ? `${list}-${active}` : undefined}
      aria-describedby=${field.describedBy} aria-invalid=${field.invalid || undefined} data-autofocus=${field.autofocus || undefined}
      placeholder=${single ? single.label : multi && !empty ? '' : placeholder}
      value=${open ? query : (single?.label ?? '')} onInput=${onInput} onKeyDown=${onKeyDown} onBlur=${hide} />
    ${clearable && single && html`<button type="button" class="select-clear" aria-label="Clear" onClick=${() => onChange([])}>×</button>`}
    ${open && html`<${Popup} id=${list} groups=${groups} note=${note} active=${active} place=${place}
      chosen=${chosen.map((option) => option.value)} onChoose=${choose} onHover=${setActive} />`}
  </div>`;
}
