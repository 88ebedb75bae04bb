function FindProxyForURL(url, host) {
  // Rangewarden allowlist names.azuregovernment, cloud AzureGovernment, serial 7, snapshot
  // public-20251028-3f9a2c1e.
  // A name matches on any port: the port is in the URL alone, which some clients shorten or hide.
  // Ports are the business of the proxy.
  var name = host.toLowerCase().replace(/\.$/, "");
  if (rangewardenNamed(name)) return "PROXY proxy.example:3128";
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
  "crl.example": 1,
  "login.example": 1
};
var rangewardenBelow = {
  ".relay.example": 1
};
