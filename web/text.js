// text.js: what strangers wrote, made safe to show. Pure functions.

const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

// Frames come with exactly these five escaped (compat.escape_html). One pass, so
// that somebody's literal "&lt;" (sent as "&amp;lt;") comes out as it was typed.
export function entitiesDecode(text) {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]);
}

// An http(s) or relative address, made absolute; null for all others (javascript:, data: …).
export function urlSafe(text) {
  if (typeof text !== 'string' || text === '' || /[\u0000-\u0020\u007f"'<>\\`]/.test(text)) return null;
  try {
    const url = new URL(text, location.origin);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}

// Text cut into plain pieces and links: [{ text, url? }]. Punctuation that ends
// a sentence, Chinese too, does not belong to the link before it.
export function linkPieces(text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"'`\\\u3000-\u303f\uff00-\uffef]+/g)) {
    const shown = match[0].replace(/[.,:;!?)\]}]+$/, '');
    const url = urlSafe(shown);
    if (!url) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: shown, url });
    end = match.index + shown.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

// What stands in a round picture when there is none: the last sign of a Chinese
// name, the first letters of others.
export function initials(name) {
  const signs = [...new Intl.Segmenter().segment(name.trim())].map((part) => part.segment);
  if (signs.length === 0) return '?';
  if (/\p{Script=Han}/u.test(signs[0])) return signs[signs.length - 1];
  const second = name.trim().match(/[\s._-]([\p{L}\p{N}])/u)?.[1] ?? '';
  return (signs[0] + second).toUpperCase();
}

// One of eight colours, always the same for the same name.
export function hueOf(name) {
  let sum = 7;
  for (const sign of name) sum = (sum * 31 + sign.codePointAt(0)) % 65521;
  return sum % 8;
}

export function bytesIn(text) {
  return new TextEncoder().encode(text).length;
}
