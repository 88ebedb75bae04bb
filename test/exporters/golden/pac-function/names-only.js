function rangewardenMatch_names$azuregovernment(host) {
  // Rangewarden allowlist names.azuregovernment, cloud AzureGovernment, serial 7, snapshot
  // public-20251028-3f9a2c1e.
  // A name matches on any port: the port is in the URL alone, which some clients shorten or hide.
  // Ports are the business of the proxy.
  var name = host.toLowerCase().replace(/\.$/, "");
  return rangewardenNamed_names$azuregovernment(name);
}

function rangewardenNamed_names$azuregovernment(name) {
  var has = Object.prototype.hasOwnProperty, dot;
  if (has.call(rangewardenExact_names$azuregovernment, name)) return true;
  // The dot is part of the suffix, so evil-x never matches .x; x itself has no dot in front.
  for (dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
    if (has.call(rangewardenBelow_names$azuregovernment, name.slice(dot))) return true;
  }
  return false;
}

var rangewardenExact_names$azuregovernment = {
  "crl.example": 1,
  "login.example": 1
};
var rangewardenBelow_names$azuregovernment = {
  ".relay.example": 1
};
