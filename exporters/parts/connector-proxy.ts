/** A proxy that a person gives a script, held to the rule that the setting keeps. */
export const ASSERT_PROXY = String.raw`
# http://HOST:PORT and nothing else: the connector takes no other "proxyaddress", not even for an
# address, and answers no proxy that asks for a user and a password.
function Assert-Proxy {
    param([string] $Value)

    if ($Value -notlike 'http://*') {
        throw ('The proxy must begin with http://, written http://HOST:PORT, also for an IP ' +
            'address; without it the connector does not use it. Given: {0}' -f $Value)
    }
    if ($Value -notmatch '^http://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([1-9][0-9]{0,4})/?$') {
        throw ('The proxy must be written http://HOST:PORT, without user, password or path. ' +
            'Given: {0}' -f $Value)
    }
    if ([int] $Matches[2] -gt 65535) { throw ('No port: {0}' -f $Matches[2]) }
    'http://{0}:{1}' -f $Matches[1], $Matches[2]
}
`
