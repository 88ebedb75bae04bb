function rangewardenMatch_split_list$2of8(host) {
  // Rangewarden allowlist split-list.2of8, cloud Public, serial 7, snapshot
  // public-20251028-3f9a2c1e.
  // This is shard 2 of 8: the others have the list's other networks.
  // It admits 256 IPv4 addresses and 1,208,925,819,614,629,174,706,176 IPv6 addresses, and any
  // Azure tenant may hold any of them: limit the rule to the connectors as sources and to ports 443
  // and 80.
  // It has networks that any Azure tenant may hold addresses of: do not answer DIRECT for a match,
  // which would let every client reach every tenant past the proxy.
  // A name matches on any port: the port is in the URL alone, which some clients shorten or hide.
  // Ports are the business of the proxy.
  var name = host.toLowerCase().replace(/\.$/, "");
  return rangewardenListed_split_list$2of8(name);
}

function rangewardenListed_split_list$2of8(host) {
  // The list has no names, so a host is looked up, once; a host without a dot is not on the Internet.
  var address;
  if (rangewardenIPv4_split_list$2of8(host) >= 0 || host.indexOf(":") >= 0) return rangewardenHolds_split_list$2of8(host);
  address = host.indexOf(".") > 0 ? dnsResolve(host) : null;
  return address ? rangewardenHolds_split_list$2of8(String(address).toLowerCase()) : false;
}

function rangewardenHolds_split_list$2of8(address) {
  var v4 = rangewardenIPv4_split_list$2of8(address), v6;
  if (v4 >= 0) return rangewardenWithin_split_list$2of8(rangewardenV4_split_list$2of8, v4);
  v6 = rangewardenIPv6_split_list$2of8(address);
  return v6 !== "" && rangewardenWithin_split_list$2of8(rangewardenV6_split_list$2of8, v6);
}

function rangewardenWithin_split_list$2of8(edges, address) {
  // Even edges begin a range, odd ones are the first address past it.
  var low = 0, high = edges.length, middle;
  while (low < high) {
    middle = (low + high) >>> 1;
    if (edges[middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

function rangewardenIPv4_split_list$2of8(text) {
  var octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text), value = 0, i;
  if (!octets) return -1;
  for (i = 1; i <= 4; i++) {
    // 010 is eight to some programs and ten to others: not an address here.
    if (Number(octets[i]) > 255 || /^0\d/.test(octets[i])) return -1;
    value = value * 256 + Number(octets[i]);
  }
  return value;
}

function rangewardenIPv6_split_list$2of8(text) {
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

var rangewardenV4_split_list$2of8 = [
  335544320, 335544576
];
var rangewardenV6_split_list$2of8 = [
  "260310300007", "260310300008"
];
