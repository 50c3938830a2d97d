import { html } from './ui.js';

// name name … character: the common ones; an unknown name is shown as it was written.
const TABLE = `
grinning 😀|smiley 😃|smile 😄|grin 😁|laughing satisfied 😆|sweat_smile 😅|joy 😂|rofl 🤣|blush 😊|innocent 😇
slightly_smiling_face 🙂|upside_down_face 🙃|wink 😉|relieved 😌|heart_eyes 😍|kissing_heart 😘|yum 😋
stuck_out_tongue 😛|sunglasses 😎|nerd_face 🤓|thinking_face thinking 🤔|neutral_face 😐|expressionless 😑
face_with_rolling_eyes 🙄|smirk 😏|persevere 😣|disappointed 😞|worried 😟|cry 😢|sob 😭|scream 😱|flushed 😳
sleeping 😴|mask 😷|exploding_head 🤯|partying_face 🥳|melting_face 🫠|saluting_face 🫡|face_palm 🤦|shrug 🤷
+1 thumbsup 👍|-1 thumbsdown 👎|ok_hand 👌|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|point_right 👉
point_left 👈|point_up ☝️|point_down 👇|raised_hand hand ✋|handshake 🤝|eyes 👀|brain 🧠|writing_hand ✍️
heart ❤️|broken_heart 💔|blue_heart 💙|green_heart 💚|yellow_heart 💛|purple_heart 💜|100 💯|boom 💥|dizzy 💫
fire 🔥|sparkles ✨|star ⭐|star2 🌟|zap ⚡|sunny ☀️|cloud ☁️|rainbow 🌈|snowflake ❄️|tada 🎉|confetti_ball 🎊
rocket 🚀|airplane ✈️|ship 🚢|ambulance 🚑|fire_engine 🚒|police_car 🚓|construction 🚧|rotating_light 🚨
warning ⚠️|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|x ❌|heavy_check_mark ✔️|white_check_mark ✅
ballot_box_with_check ☑️|negative_squared_cross_mark ❎|question ❓|grey_question ❔|exclamation ❗|bangbang ‼️
grey_exclamation ❕|information_source ℹ️|recycle ♻️|red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡
large_green_circle 🟢|large_blue_circle 🔵|large_purple_circle 🟣|large_brown_circle 🟤|white_circle ⚪
black_circle ⚫|large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩
large_blue_square 🟦|white_large_square ⬜|black_large_square ⬛|small_red_triangle 🔺|small_red_triangle_down 🔻
arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_right_hook ↪️|arrows_counterclockwise 🔄
heavy_plus_sign ➕|heavy_minus_sign ➖|memo pencil 📝|pencil2 ✏️|clipboard 📋|calendar 📆|date 📅|spiral_calendar_pad 🗓️
alarm_clock ⏰|stopwatch ⏱️|hourglass ⌛|hourglass_flowing_sand ⏳|clock1 🕐|bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢
speech_balloon 💬|thought_balloon 💭|email envelope ✉️|inbox_tray 📥|outbox_tray 📤|package 📦|mailbox 📫|link 🔗
paperclip 📎|pushpin 📌|round_pushpin 📍|bookmark 🔖|label 🏷️|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️
page_facing_up 📄|books 📚|book 📖|ledger 📒|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊
mag 🔍|mag_right 🔎|bulb 💡|gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|nut_and_bolt 🔩|toolbox 🧰|lock 🔒
unlock 🔓|key 🔑|shield 🛡️|computer 💻|desktop_computer 🖥️|floppy_disk 💾|satellite 🛰️|battery 🔋|electric_plug 🔌
bug 🐛|ant 🐜|turtle 🐢|rabbit 🐰|dog 🐶|cat 🐱|fish 🐟|whale 🐳|unicorn_face 🦄|robot_face 🤖|ghost 👻|alien 👽
coffee ☕|beer 🍺|cake 🍰|pizza 🍕|cookie 🍪|gift 🎁|trophy 🏆|medal 🏅|dart 🎯|checkered_flag 🏁|triangular_flag_on_post 🚩
house 🏠|office 🏢|hospital 🏥|bank 🏦|earth_africa 🌍|globe_with_meridians 🌐|seedling 🌱|evergreen_tree 🌲
busts_in_silhouette 👥|bust_in_silhouette 👤|detective 🕵️|fire_extinguisher 🧯|test_tube 🧪|microscope 🔬|broom 🧹
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|new 🆕|sos 🆘|vertical_traffic_light 🚦|traffic_light 🚥|black_square_button 🔲
`;

const EMOJI = new Map(
  TABLE.trim().split(/[|\n]/).flatMap((entry) => {
    const words = entry.split(' ');
    return words.slice(0, -1).map((name) => [name, words.at(-1)]);
  }),
);

export const emojiNamed = (name) => EMOJI.get(name.replace(/::skin-tone-\d$/, ''));

/** The names that contain `search`, one for each character. */
export const emojiMatching = (search) => {
  const names = [...EMOJI.keys()].filter((name) => name.includes(search.trim().replaceAll(':', '').toLowerCase()));
  return [...new Map(names.toReversed().map((name) => [EMOJI.get(name), name])).values()].reverse();
};

const SHORTCODE = /:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/g;

/** Text with its :shortcodes: as characters. */
export const emojify = (text) => text.replace(SHORTCODE, (whole, name) => emojiNamed(name) ?? whole);

export const Emoji = ({ name }) => {
  const character = emojiNamed(name);
  return character ? html`<span class="emoji" title=${`:${name}:`}>${character}</span>` : `:${name}:`;
};

/** The plain string of a text object. */
export const plain = (text) => {
  if (text == null) return '';
  if (typeof text === 'string') return text;
  return text.type === 'plain_text' && text.emoji === false ? text.text : emojify(text.text);
};
