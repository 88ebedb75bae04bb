/**
 * The connector on Windows, under its old and its new name: services, folders and files as the
 * articles name them ("Work with existing on-premises proxy servers", 2024-02-23 and 2026-03-25, and
 * the FAQ for the services' short names and accounts, which the new product kept).
 */

/** Connector (Network Service) and updater (SYSTEM). */
export const SERVICES = ['WAPCSvc', 'WAPCUpdaterSvc'] as const

interface ConfigFile {
  /** Below %ProgramFiles%. Windows does not tell upper from lower case in it. */
  readonly folder: string
  readonly file: string
}

export const CONFIG_FILES: readonly ConfigFile[] = [
  {
    folder: 'Microsoft Entra private network connector',
    file: 'MicrosoftEntraPrivateNetworkConnectorService.exe.config',
  },
  {
    folder: 'Microsoft Entra private network connector Updater',
    file: 'MicrosoftEntraPrivateNetworkConnectorUpdaterService.exe.config',
  },
  {
    folder: 'Microsoft AAD App Proxy Connector',
    file: 'ApplicationProxyConnectorService.exe.config',
  },
  {
    folder: 'Microsoft AAD App Proxy Connector Updater',
    file: 'ApplicationProxyConnectorUpdaterService.exe.config',
  },
  {
    folder: 'Microsoft Azure AD App Proxy Connector',
    file: 'ApplicationProxyConnectorService.exe.config',
  },
  {
    folder: 'Microsoft Azure AD App Proxy Connector Updater',
    file: 'ApplicationProxyConnectorUpdaterService.exe.config',
  },
]
