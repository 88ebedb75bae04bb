/**
 * What a PAC file does, as text: ES5 only, because WinHTTP's and pacparser's engines know no more.
 * Names come first and cost no DNS; addresses are one binary search (chains of isInNet take 300
 * times as long and three times the bytes).
 */

export const NAMED = `
function rangewardenNamed(name) {
  var has = Object.prototype.hasOwnProperty, dot;
  if (has.call(rangewardenExact, name)) return true;
  // The dot is part of the suffix, so evil-x never matches .x; x itself has no dot in front.
  for (dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
    if (has.call(rangewardenBelow, name.slice(dot))) return true;
  }
  return false;
}

`

/** Of a list with names: what looks like an address, and nothing else. */
export const LITERALS = `
function rangewardenListed(host) {
  // Only hosts that are written as addresses: the names above need no lookup, and a look-alike
  // that resolves into a listed network does not match.
  return rangewardenHolds(host);
}
`

/** Of a list of addresses alone. */
export const RESOLVED = `
function rangewardenListed(host) {
  // The list has no names, so a host is looked up, once; a host without a dot is not on the Internet.
  var address;
  if (rangewardenIPv4(host) >= 0 || host.indexOf(":") >= 0) return rangewardenHolds(host);
  address = host.indexOf(".") > 0 ? dnsResolve(host) : null;
  return address ? rangewardenHolds(String(address).toLowerCase()) : false;
}
`

export const LISTED = String.raw`
function rangewardenHolds(address) {
  var v4 = rangewardenIPv4(address), v6;
  if (v4 >= 0) return rangewardenWithin(rangewardenV4, v4);
  v6 = rangewardenIPv6(address);
  return v6 !== "" && rangewardenWithin(rangewardenV6, v6);
}

function rangewardenWithin(edges, address) {
  // Even edges begin a range, odd ones are the first address past it.
  var low = 0, high = edges.length, middle;
  while (low < high) {
    middle = (low + high) >>> 1;
    if (edges[middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

function rangewardenIPv4(text) {
  var octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text), value = 0, i;
  if (!octets) return -1;
  for (i = 1; i <= 4; i++) {
    // 010 is eight to some programs and ten to others: not an address here.
    if (Number(octets[i]) > 255 || /^0\d/.test(octets[i])) return -1;
    value = value * 256 + Number(octets[i]);
  }
  return value;
}

function rangewardenIPv6(text) {
  // 32 hexadecimal digits, or "" for what is no address.
  var halves = text.replace(/^\[|\]$/g, "").split("::"), digits = "", groups, tail, missing, i;
  groups = halves[0] === "" ? [] : halves[0].split(":");
  tail = halves.length < 2 || halves[1] === "" ? [] : halves[1].split(":");
  missing = 8 - groups.length - tail.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return "";
  for (i = 0; i < missing; i++) groups.push("0");
  groups = groups.concat(tail);
  for (i = 0; i < 8; i++) {
    if (!/^[0-9a-f]{1,4}$/.test(groups[i])) return "";
    digits += ("000" + groups[i]).slice(-4);
  }
  return digits;
}

`
