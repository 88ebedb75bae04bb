/**
 * A proxy that a person gives a script, held to the rule that the setting keeps: one pattern, in
 * what .NET and JavaScript read alike (but for `\z`, the end), so that a test can hold it to
 * `parseConnectorProxy`.
 */
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const GROUP = '[0-9A-Fa-f]{1,4}'

export const ASSERT_PROXY = String.raw`
$ProxyPattern = -join @(
    '^http://(?<Host>'
    # A name has a letter: 10 and 127.0.0.256 are mistakes.
    '(?=[^:]{1,253}:)(?=[^:]*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?'
    # An IPv4 address.
    '|(?:${OCTET}\.){3}${OCTET}'
    # An IPv6 address: eight groups, or at most seven around one "::"; not one that is IPv4 inside.
    '|\[(?![0:]*:[Ff]{4}:)(?:(?:${GROUP}:){7}${GROUP}'
    '|(?!:*(?:${GROUP}:+){7}${GROUP})'
    '(?:${GROUP}(?::${GROUP})*)?::(?:${GROUP}(?::${GROUP})*)?)\]'
    # 1 to 65535.
    '):(?<Port>[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'
    '/?\z'
)

# http://HOST:PORT and nothing else: the connector takes no other "proxyaddress", not even for an
# address, and answers no proxy that asks for a user and a password.
function Assert-Proxy {
    param([string] $Value)

    if ($Value -cnotlike 'http://*') {
        throw ('The proxy must begin with http://, written http://HOST:PORT, also for an IP ' +
            'address; without it the connector does not use it. Given: {0}' -f $Value)
    }
    $read = [regex]::Match($Value, $ProxyPattern)
    if (-not $read.Success) {
        throw ('The proxy must be written http://HOST:PORT, without user, password or path. ' +
            'Given: {0}' -f $Value)
    }
    'http://{0}:{1}' -f $read.Groups['Host'].Value.ToLowerInvariant(), $read.Groups['Port'].Value
}
`
