import { Blocks } from './blocks.js';
import { Dialog } from './dialog.js';
import { plain } from './emoji.js';
import { problem } from './inputs.js';
import { fields, Surface, useSurfaceState } from './surface.js';
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from './ui.js';
import { Avatar, useWorkspace } from './workspace.js';

const TROUBLE = 'We had some trouble connecting. Try again?';

/** What a modal looks like, whoever holds its values. */
export function ModalFrame({ view, surface, trouble, busy, onBack, onClose, onCancel, onSubmit }) {
  const { users, app } = useWorkspace();
  const submit = (event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return html`<form class="modal-form" noValidate onSubmit=${submit}>
    <header class="modal-head">
      ${onBack
        ? html`<button type="button" class="icon-btn" aria-label="Back" onClick=${onBack}>←</button>`
        : html`<${Avatar} user=${users.get(app?.bot_user)} size=${32} />`}
      <h1>${plain(view.title)}</h1>
      <button type="button" class="icon-btn" aria-label="Close" onClick=${onClose}>×</button>
    </header>
    ${trouble && html`<div class="trouble" role="alert">${trouble}</div>`}
    <div class="modal-body"><${Surface.Provider} value=${surface}><${Blocks} blocks=${view.blocks ?? []} /><//></div>
    ${(view.submit || view.close) && html`<footer class="modal-foot">
      ${view.close && html`<button type="button" class="btn btn-large" onClick=${onCancel}>${plain(view.close)}</button>`}
      ${view.submit && html`<button type="submit" class=${classes('btn btn-large btn-primary', busy && 'is-busy')} aria-busy=${busy || undefined}>
        <span>${plain(view.submit)}</span></button>`}
    </footer>`}
  </form>`;
}

/** The client's own checks: {block_id: message} for the inputs that will not do. */
function problems(view, surface) {
  const found = {};
  for (const [block, element] of fields(view.blocks)) {
    const message = block.type === 'input' && problem(block, element, surface.value(block, element));
    if (message) found[block.block_id] = message;
  }
  return found;
}

function Modal({ client, view, top, depth }) {
  const [trouble, setTrouble] = useState(null);
  const [busy, setBusy] = useState(false);
  const root = useRef();
  const container = { type: 'view', view_id: view.id };
  const surface = useSurfaceState({ client, container, blocks: view.blocks, seed: true, onError: () => setTrouble(TROUBLE) });
  const [refusals, setRefusals] = useState(0);

  useEffect(() => setTrouble(null), [view.hash]);
  useLayoutEffect(() => {
    if (refusals) root.current.querySelector('.has-error :is(input, textarea)')?.focus();
  }, [refusals]);

  const close = (all) => client.post('close', { view_id: view.id, all }).catch(() => setTrouble(TROUBLE));
  const refuse = (errors) => {
    surface.setErrors(errors);
    setRefusals((n) => n + 1);
  };
  const submit = async () => {
    if (busy || !view.submit) return;
    const found = problems(view, surface);
    if (Object.keys(found).length) return refuse(found);
    surface.setErrors({});
    setBusy(true);
    setTrouble(null);
    try {
      const answer = await client.post('submit', { view_id: view.id, state: surface.state() });
      if (answer.errors) refuse(answer.errors);
      else if (!answer.ok) setTrouble(TROUBLE);
    } catch {
      setTrouble(TROUBLE);
    }
    setBusy(false);
  };
  return html`<${Dialog} label=${plain(view.title)} class="modal" hidden=${!top} onClose=${() => close(true)}>
    <div class="modal-root" ref=${root}>
      <${ModalFrame} view=${view} surface=${surface} trouble=${trouble} busy=${busy} onSubmit=${submit}
        onBack=${depth > 0 ? () => close(false) : undefined} onClose=${() => close(true)} onCancel=${() => close(false)} />
    </div>
  <//>`;
}

/** The open modals, bottom first; only the top one is seen, the others keep what was typed. */
export const Modals = ({ client, stack }) => stack.map((view, depth) =>
  html`<${Modal} key=${view.id} client=${client} view=${view} depth=${depth} top=${depth === stack.length - 1} />`);
