/** What the preflights ask certificate hosts for: one table of the command line's and the script's. */

/**
 * Files that are there for everybody, so that a refusal of them is the proxy's. Hosts without one
 * here are asked for `/`, to which they may answer with a refusal of their own.
 */
export const KNOWN_FILES: Readonly<Record<string, string>> = {
  'crl3.digicert.com': '/DigiCertGlobalRootG2.crl',
  'crl4.digicert.com': '/DigiCertGlobalRootG2.crl',
  'crl.microsoft.com': '/pki/crl/products/MicRooCerAut2011_2011_03_22.crl',
  'ctldl.windowsupdate.com': '/msdownload/update/v3/static/trustedr/en/disallowedcertstl.cab',
  'ctldl.windowsupdate.us': '/msdownload/update/v3/static/trustedr/en/disallowedcertstl.cab',
  'www.microsoft.com': '/pkiops/crl/Microsoft%20Azure%20RSA%20TLS%20Issuing%20CA%2003.crl',
}
