function rangewardenMatch_v6_list(host) {
  // Rangewarden allowlist v6-list, cloud Public, snapshot public-20251028-3f9a2c1e.
  // It admits 0 IPv4 addresses and 79,229,371,440,083,952,222,718,656,516 IPv6 addresses, and any
  // Azure tenant may hold any of them: limit the rule to the connectors as sources and to ports 443
  // and 80.
  // It has networks that any Azure tenant may hold addresses of: do not answer DIRECT for a match,
  // which would let every client reach every tenant past the proxy.
  // A name matches on any port: the port is in the URL alone, which some clients shorten or hide.
  // Ports are the business of the proxy.
  var name = host.toLowerCase().replace(/\.$/, "");
  return rangewardenListed_v6_list(name);
}

function rangewardenListed_v6_list(host) {
  // The list has no names, so a host is looked up, once; a host without a dot is not on the Internet.
  var address;
  if (rangewardenIPv4_v6_list(host) >= 0 || host.indexOf(":") >= 0) return rangewardenHolds_v6_list(host);
  address = host.indexOf(".") > 0 ? dnsResolve(host) : null;
  return address ? rangewardenHolds_v6_list(String(address).toLowerCase()) : false;
}

function rangewardenHolds_v6_list(address) {
  var v4 = rangewardenIPv4_v6_list(address), v6;
  if (v4 >= 0) return rangewardenWithin_v6_list(rangewardenV4_v6_list, v4);
  v6 = rangewardenIPv6_v6_list(address);
  return v6 !== "" && rangewardenWithin_v6_list(rangewardenV6_v6_list, v6);
}

function rangewardenWithin_v6_list(edges, address) {
  // Even edges begin a range, odd ones are the first address past it.
  var low = 0, high = edges.length, middle;
  while (low < high) {
    middle = (low + high) >>> 1;
    if (edges[middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

function rangewardenIPv4_v6_list(text) {
  var octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text), value = 0, i;
  if (!octets) return -1;
  for (i = 1; i <= 4; i++) {
    // 010 is eight to some programs and ten to others: not an address here.
    if (Number(octets[i]) > 255 || /^0\d/.test(octets[i])) return -1;
    value = value * 256 + Number(octets[i]);
  }
  return value;
}

function rangewardenIPv6_v6_list(text) {
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

var rangewardenV4_v6_list = [];
var rangewardenV6_v6_list = [
  "260310300007", "260310300008", "26031030000900000000000000000008", "2603103000090000000000000000000c",
  "ffffffff", "g"
];
