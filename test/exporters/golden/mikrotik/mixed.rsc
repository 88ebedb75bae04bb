# Rangewarden allowlist synthetic-list, cloud Public, serial 7, snapshot public-20251028-3f9a2c1e.
# This list names what the published file lacks: AzureFrontDoor.FirstParty.
# It admits 16,768 IPv4 addresses and 1,208,925,819,614,629,174,706,176 IPv6 addresses, and any
# Azure tenant may hold any of them: limit the rule to the connectors as sources and to ports 443
# and 80.
# No address of this list is known to cover these required names: crl.example, trust.example.
{
:local rwMissing 0
:local rwWanted4 {
  "20.0.0.0/24"=1;
  "20.0.1.0/25"=1;
  "40.126.0.0/18"=1;
}
:local rwWanted6 {
  "2603:1030:7::/48"=1;
}
:foreach rwNet,rwOne in=$rwWanted4 do={
  :do { /ip firewall address-list add list="rangewarden-synthetic-list" address=$rwNet comment="rangewarden" } on-error={}
}
:foreach rwNet,rwOne in=$rwWanted6 do={
  :do { /ipv6 firewall address-list add list="rangewarden-synthetic-list" address=$rwNet comment="rangewarden" } on-error={}
}
:local rwFound4 [:toarray ""]
:foreach rwId in=[/ip firewall address-list find list="rangewarden-synthetic-list"] do={
  :local rwNet [:tostr [/ip firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/32") }
  :if ([:typeof ($rwWanted4->$rwNet)] != "nothing") do={ :set ($rwFound4->$rwNet) 1 }
}
:set rwMissing ($rwMissing + [:len $rwWanted4] - [:len $rwFound4])
:local rwFound6 [:toarray ""]
:foreach rwId in=[/ipv6 firewall address-list find list="rangewarden-synthetic-list"] do={
  :local rwNet [:tostr [/ipv6 firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/128") }
  :if ([:typeof ($rwWanted6->$rwNet)] != "nothing") do={ :set ($rwFound6->$rwNet) 1 }
}
:set rwMissing ($rwMissing + [:len $rwWanted6] - [:len $rwFound6])
:if ($rwMissing > 0) do={
  :error ("rangewarden-synthetic-list: " . $rwMissing . " networks not found after adding, nothing removed")
}
:foreach rwId in=[/ip firewall address-list find list="rangewarden-synthetic-list"] do={
  :local rwNet [:tostr [/ip firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/32") }
  :if ([:typeof ($rwWanted4->$rwNet)] = "nothing") do={
    :if ([/ip firewall address-list get $rwId comment] = "rangewarden") do={ /ip firewall address-list remove $rwId }
  }
}
:foreach rwId in=[/ipv6 firewall address-list find list="rangewarden-synthetic-list"] do={
  :local rwNet [:tostr [/ipv6 firewall address-list get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/128") }
  :if ([:typeof ($rwWanted6->$rwNet)] = "nothing") do={
    :if ([/ipv6 firewall address-list get $rwId comment] = "rangewarden") do={ /ipv6 firewall address-list remove $rwId }
  }
}
}
