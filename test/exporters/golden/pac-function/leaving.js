function rangewardenMatch_shrinking_list(host) {
  // Rangewarden allowlist shrinking-list, cloud Public, serial 7, snapshot
  // public-20251028-3f9a2c1e.
  // This list names what the published file lacks: AzureFrontDoor.FirstParty,
  // AzureFrontDoor.Frontend.
  // This list names what the published file has empty: StorageSyncService.
  // Not in the published file any more, last day 2025-11-04 (UTC): 20.9.0.7/32.
  // Not in the published file any more, last day 2025-11-11 (UTC): 20.0.2.0/30, 20.0.2.20/30,
  // 20.0.2.40/30, 20.0.2.60/30, 20.0.2.80/30, 20.0.2.100/30, 20.0.2.120/30, 20.0.2.140/30,
  // 20.0.2.160/30, 20.0.2.180/30, 20.0.2.200/30, 20.0.2.220/30, 2603:1030:7:8::/64.
  // It admits 1,025 IPv4 addresses and 1,208,925,819,614,629,174,706,176 IPv6 addresses, and any
  // Azure tenant may hold any of them: limit the rule to the connectors as sources and to ports 443
  // and 80.
  // It has networks that any Azure tenant may hold addresses of: do not answer DIRECT for a match,
  // which would let every client reach every tenant past the proxy.
  // A name matches on any port: the port is in the URL alone, which some clients shorten or hide.
  // Ports are the business of the proxy.
  var name = host.toLowerCase().replace(/\.$/, "");
  return rangewardenNamed_shrinking_list(name) || rangewardenListed_shrinking_list(name);
}

function rangewardenNamed_shrinking_list(name) {
  var has = Object.prototype.hasOwnProperty, dot;
  if (has.call(rangewardenExact_shrinking_list, name)) return true;
  // The dot is part of the suffix, so evil-x never matches .x; x itself has no dot in front.
  for (dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
    if (has.call(rangewardenBelow_shrinking_list, name.slice(dot))) return true;
  }
  return false;
}

var rangewardenExact_shrinking_list = {
  "login.example": 1
};
var rangewardenBelow_shrinking_list = {
};

function rangewardenListed_shrinking_list(host) {
  // Only hosts that are written as addresses: the names above need no lookup, and a look-alike
  // that resolves into a listed network does not match.
  return rangewardenHolds_shrinking_list(host);
}

function rangewardenHolds_shrinking_list(address) {
  var v4 = rangewardenIPv4_shrinking_list(address), v6;
  if (v4 >= 0) return rangewardenWithin_shrinking_list(rangewardenV4_shrinking_list, v4);
  v6 = rangewardenIPv6_shrinking_list(address);
  return v6 !== "" && rangewardenWithin_shrinking_list(rangewardenV6_shrinking_list, v6);
}

function rangewardenWithin_shrinking_list(edges, address) {
  // Even edges begin a range, odd ones are the first address past it.
  var low = 0, high = edges.length, middle;
  while (low < high) {
    middle = (low + high) >>> 1;
    if (edges[middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

function rangewardenIPv4_shrinking_list(text) {
  var octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text), value = 0, i;
  if (!octets) return -1;
  for (i = 1; i <= 4; i++) {
    // 010 is eight to some programs and ten to others: not an address here.
    if (Number(octets[i]) > 255 || /^0\d/.test(octets[i])) return -1;
    value = value * 256 + Number(octets[i]);
  }
  return value;
}

function rangewardenIPv6_shrinking_list(text) {
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

var rangewardenV4_shrinking_list = [
  335544320, 335545344, 336134151, 336134152
];
var rangewardenV6_shrinking_list = [
  "260310300007", "260310300008"
];
