# Rangewarden allowlist widened-list, cloud Public, serial 7, snapshot public-20251028-3f9a2c1e.
# Widened to have fewer entries, 3 instead of 1,204: it admits 2,048 IPv4 addresses (3.1008 % of
# those that are selected) and 1,208,925,819,614,629,174,706,176 IPv6 addresses (33.3334 % of those
# that are selected) that nobody selected.
# It admits 66,560 IPv4 addresses and 4,835,703,278,458,516,698,824,704 IPv6 addresses, and any
# Azure tenant may hold any of them: limit the rule to the connectors as sources and to ports 443
# and 80.
{
:local rwMissing 0
:local rwWanted4 {
  "20.0.0.0/22"=1;
  "20.8.0.0/16"=1;
}
:local rwWanted6 {
  "2603:1030:4::/46"=1;
}
:foreach rwNet,rwOne in=$rwWanted4 do={
  :do { /ip firewall address-list add list="rangewarden-widened-list" address=$rwNet comment="rangewarden" } on-error={}
}
:foreach rwNet,rwOne in=$rwWanted6 do={
  :do { /ipv6 firewall address-list add list="rangewarden-widened-list" address=$rwNet comment="rangewarden" } on-error={}
}
:local rwFound4 [:toarray ""]
:foreach rwId in=[/ip firewall address-list find list="rangewarden-widened-list"] do={
  :local rwNet [:tostr [/ip firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/32") }
  :if ([:typeof ($rwWanted4->$rwNet)] != "nothing") do={ :set ($rwFound4->$rwNet) 1 }
}
:set rwMissing ($rwMissing + [:len $rwWanted4] - [:len $rwFound4])
:local rwFound6 [:toarray ""]
:foreach rwId in=[/ipv6 firewall address-list find list="rangewarden-widened-list"] do={
  :local rwNet [:tostr [/ipv6 firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/128") }
  :if ([:typeof ($rwWanted6->$rwNet)] != "nothing") do={ :set ($rwFound6->$rwNet) 1 }
}
:set rwMissing ($rwMissing + [:len $rwWanted6] - [:len $rwFound6])
:if ($rwMissing > 0) do={
  :error ("rangewarden-widened-list: " . $rwMissing . " networks not found after adding, nothing removed")
}
:foreach rwId in=[/ip firewall address-list find list="rangewarden-widened-list"] do={
  :local rwNet [:tostr [/ip firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/32") }
  :if ([:typeof ($rwWanted4->$rwNet)] = "nothing") do={
    :if ([/ip firewall address-list get $rwId comment] = "rangewarden") do={ /ip firewall address-list remove $rwId }
  }
}
:foreach rwId in=[/ipv6 firewall address-list find list="rangewarden-widened-list"] do={
  :local rwNet [:tostr [/ipv6 firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/128") }
  :if ([:typeof ($rwWanted6->$rwNet)] = "nothing") do={
    :if ([/ipv6 firewall address-list get $rwId comment] = "rangewarden") do={ /ipv6 firewall address-list remove $rwId }
  }
}
}
