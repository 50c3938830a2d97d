// A surface is a view or a message: the values of its elements, and the way their actions go to the app.

import { createContext, useContext, useMemo, useRef, useState } from './ui.js';

export const Surface = createContext(null);
export const useSurface = () => useContext(Surface);

const STATELESS = new Set(['button', 'overflow', 'image', 'workflow_button', 'icon_button', 'feedback_buttons']);

/** Every [block, element] of `blocks` that holds a value. */
export function fields(blocks = []) {
  return blocks
    .flatMap((block) => {
      const elements = { input: [block.element], section: [block.accessory], actions: block.elements }[block.type];
      return (elements ?? []).filter(Boolean).map((element) => [block, element]);
    })
    .filter(([, element]) => element.type && !STATELESS.has(element.type));
}

const keyOf = (block, element) => `${block.block_id}\n${element.action_id}`;

const optionText = (option) => option && { value: option.value, text: option.text?.text ?? option.value };

export function initialValue(element) {
  switch (element.type) {
    case 'external_select':
      return optionText(element.initial_option) ?? null;
    case 'multi_external_select':
      return (element.initial_options ?? []).map(optionText);
    case 'multi_static_select':
    case 'checkboxes':
      return (element.initial_options ?? []).map((option) => option.value);
    case 'multi_users_select':
      return element.initial_users ?? [];
    case 'multi_conversations_select':
      return element.initial_conversations ?? [];
    case 'multi_channels_select':
      return element.initial_channels ?? [];
    default:
      return (
        element.initial_option?.value ??
        element.initial_value ??
        element.initial_user ??
        element.initial_conversation ??
        element.initial_channel ??
        element.initial_date ??
        element.initial_time ??
        null
      );
  }
}

export const isEmpty = (value) => value == null || value === '' || (Array.isArray(value) && value.length === 0);

/**
 * Holds the values of a surface. What a person chose lives as long as an element with the same block_id and
 * action_id is there; in a view (`seed`) even an untouched element keeps the value it first had, as Slack does.
 */
export function useSurfaceState({ client, container, blocks, seed = false, onError }) {
  const held = useRef(new Map());
  const [errors, setErrors] = useState({});
  const [, redraw] = useState(0);

  const kept = new Map();
  for (const [block, element] of fields(blocks)) {
    const key = keyOf(block, element);
    if (held.current.has(key)) kept.set(key, held.current.get(key));
    else if (seed) kept.set(key, initialValue(element));
  }
  held.current = kept;

  const latest = useRef();
  latest.current = { blocks, container, onError };

  const methods = useMemo(() => {
    const value = (block, element) => {
      const key = keyOf(block, element);
      return held.current.has(key) ? held.current.get(key) : initialValue(element);
    };
    const state = () => {
      const values = {};
      for (const [block, element] of fields(latest.current.blocks)) {
        const now = value(block, element);
        values[block.block_id] = { ...values[block.block_id], [element.action_id]: now === '' ? null : now };
      }
      return values;
    };
    const set = (block, element, now) => {
      held.current.set(keyOf(block, element), now);
      setErrors(({ [block.block_id]: _, ...others }) => others);
      redraw((n) => n + 1);
    };
    const act = async (block, element, now = null) => {
      if (!client) return true;
      const { block_id, action_id } = { ...block, ...element };
      try {
        const body = { container: latest.current.container, block_id, action_id, value: now, state: state() };
        const answer = await client.post('action', body);
        if (!answer.ok) latest.current.onError?.(answer.error);
        return answer.ok;
      } catch (error) {
        latest.current.onError?.(error.message);
        return false;
      }
    };
    /** Sets a value and, outside input blocks or where the block asks for it, tells the app. */
    const choose = (block, element, now) => {
      set(block, element, now);
      if (block.type !== 'input' || block.dispatch_action) act(block, element, now);
    };
    const options = (block, element, query) => {
      if (!client) return Promise.resolve({ options: [] });
      const { container } = latest.current;
      return client.post('options', { container, block_id: block.block_id, action_id: element.action_id, query });
    };
    return { value, state, set, act, choose, options };
  }, [client]);

  return { ...methods, errors, setErrors };
}
