function FindProxyForURL(url, host) {
  // Rangewarden allowlist widened-list, cloud Public, serial 7, snapshot public-20251028-3f9a2c1e.
  // Widened to have fewer entries, 3 instead of 1,204: it admits 2,048 IPv4 addresses (3.1008 % of
  // those that are selected) and 1,208,925,819,614,629,174,706,176 IPv6 addresses (33.3334 % of
  // those that are selected) that nobody selected.
  // It admits 66,560 IPv4 addresses and 4,835,703,278,458,516,698,824,704 IPv6 addresses, and any
  // Azure tenant may hold any of them: limit the rule to the connectors as sources and to ports 443
  // and 80.
  // A name matches on any port: the port is in the URL alone, which some clients shorten or hide.
  // Ports are the business of the proxy.
  var name = host.toLowerCase().replace(/\.$/, "");
  if (rangewardenNamed(name) || rangewardenListed(name)) return "PROXY proxy.example:3128";
  return "DIRECT";
}

function rangewardenNamed(name) {
  var has = Object.prototype.hasOwnProperty, dot;
  if (has.call(rangewardenExact, name)) return true;
  // The dot is part of the suffix, so evil-x never matches .x; x itself has no dot in front.
  for (dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
    if (has.call(rangewardenBelow, name.slice(dot))) return true;
  }
  return false;
}

var rangewardenExact = {
  "login.example": 1
};
var rangewardenBelow = {
};

function rangewardenListed(host) {
  // Only hosts that are written as addresses: the names above need no lookup, and a look-alike
  // that resolves into a listed network does not match.
  return rangewardenHolds(host);
}

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

var rangewardenV4 = [
  335544320, 335545344, 336068608, 336134144
];
var rangewardenV6 = [
  "260310300004", "260310300008"
];
