// Block Kit's select menus, all of them one combobox over different sources of options.

import { Combobox } from './combobox.js';
import { emojify, plain } from './emoji.js';
import { useSurface } from './surface.js';
import { html } from './ui.js';
import { Avatar, channelName, fullName, nameOf, useWorkspace } from './workspace.js';

const toOption = (option) => ({ value: option.value, label: plain(option.text), note: plain(option.description) || undefined });

const staticGroups = (source) =>
  source.option_groups
    ? source.option_groups.map((group) => ({ label: plain(group.label), options: group.options.map(toOption) }))
    : [{ options: (source.options ?? []).map(toOption) }];

const asList = (value) => (value == null ? [] : [value].flat());

function userOption(user) {
  const note = user.is_bot ? 'App' : [fullName(user), user.is_stranger && 'external'].filter(Boolean).join(' · ');
  return { value: user.id, label: nameOf(user), note, icon: html`<${Avatar} user=${user} size=${20} />` };
}

const kindOf = (channel) => (channel.is_im ? 'im' : channel.is_private ? 'private' : 'public');

/** The groups of options that come from the workspace, and how to show a value of them. */
function useWorkspaceOptions(element) {
  const workspace = useWorkspace();
  if (element.type.endsWith('users_select')) {
    const users = [...workspace.users.values()].filter((user) => !user.deleted && user.id !== 'USLACKBOT');
    users.sort((a, b) => Boolean(a.is_bot) - Boolean(b.is_bot) || nameOf(a).localeCompare(nameOf(b)));
    const show = (id) => userOption(workspace.users.get(id) ?? { id, real_name: id });
    return { groups: [{ options: users.map(userOption) }], show };
  }
  const include = element.filter?.include;
  const option = (channel) => ({
    value: channel.id,
    label: channelName(channel, workspace),
    icon: html`<span class="channel-mark">${channel.is_im ? '@' : channel.is_private ? '🔒' : '#'}</span>`,
  });
  const shown = [...workspace.channels.values()].filter((c) => !c.is_archived && (include?.includes(kindOf(c)) ?? true));
  const show = (id) => option(workspace.channels.get(id) ?? { id, name: id });
  return { groups: [{ options: shown.map(option) }], show };
}

function WorkspaceSelect(props) {
  const { groups, show } = useWorkspaceOptions(props.element);
  const chosen = asList(props.value).map(show);
  return html`<${Combobox} ...${props} groups=${groups} chosen=${chosen} onChange=${(list) => props.onValues(list.map((o) => o.value))} />`;
}

function StaticSelect(props) {
  const groups = staticGroups(props.element);
  const options = groups.flatMap((group) => group.options);
  const chosen = asList(props.value).map((value) => options.find((o) => o.value === value)).filter(Boolean);
  return html`<${Combobox} ...${props} groups=${groups} chosen=${chosen} onChange=${(list) => props.onValues(list.map((o) => o.value))} />`;
}

function ExternalSelect(props) {
  const { options } = useSurface();
  const load = async (query) => {
    const answer = await options(props.block, props.element, query);
    if (answer.error) throw new Error(answer.error);
    return staticGroups(answer);
  };
  const chosen = asList(props.value).map(({ value, text }) => ({ value, label: emojify(text), text }));
  const change = (list) => props.onValues(list.map(({ value, label, text }) => ({ value, text: text ?? label })));
  return html`<${Combobox} ...${props} load=${load} minimum=${props.element.min_query_length ?? 3} chosen=${chosen} onChange=${change} />`;
}

export function Select({ block, element, id, field }) {
  const surface = useSurface();
  const multi = element.type.startsWith('multi_');
  const source = element.type.replace('multi_', '');
  const Source = { static_select: StaticSelect, external_select: ExternalSelect }[source] ?? WorkspaceSelect;
  const placeholder = plain(element.placeholder) || (multi ? 'Select options' : 'Select an option');
  return html`<${Source} block=${block} element=${element} id=${id} field=${field} multi=${multi} placeholder=${placeholder}
    name=${field.labelled ? undefined : placeholder} max=${element.max_selected_items}
    clearable=${block.type === 'input' && block.optional} value=${surface.value(block, element)}
    onValues=${(values) => surface.choose(block, element, multi ? values : (values[0] ?? null))} />`;
}
