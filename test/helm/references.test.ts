/** That a reference to nothing is seen, by breaking the rendered chart in one place at a time. */
import { beforeAll, expect, it } from 'vitest'
import { describeWith } from '../support/requirements.ts'
import { helm, renderText, type Manifest } from '../support/helm.ts'
import { parseAllDocuments } from 'yaml'
import { EXISTING } from './grid.ts'
import { unresolved } from './references.ts'

describeWith([helm], 'in a rendered chart', () => {
  let text: string
  beforeAll(() => {
    text = renderText({
      values: {
        database: { mode: 'postgresql', existingSecret: 'the-database' },
        secrets: { existingSecret: 'the-tokens' },
        settings: { RANGEWARDEN_CLOUDS: 'China' },
        ingress: { enabled: true, hosts: [{ host: 'ranges.example' }] },
        networkPolicy: { ingress: { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] } },
      },
      apis: ['monitoring.coreos.com/v1'],
    })
  })

  /** What is found once the text of each document of `kind` is changed. */
  function broken(kind: string, from: string | RegExp, to: string): string[] {
    const documents = text.split(/^---$/m)
    const changed = documents.map((document) =>
      new RegExp(`^kind: ${kind}$`, 'm').test(document) ? document.replace(from, to) : document,
    )
    expect(changed).not.toEqual(documents)
    const manifests = parseAllDocuments(changed.join('---')).flatMap((document) =>
      'toJS' in document ? ((document.toJS() as Manifest | null) ?? []) : [],
    )
    return unresolved(manifests, EXISTING)
  }

  it('nothing is missing', () => {
    expect(broken('Service', 'port: 80', 'port: 81')).toEqual([])
  })

  it.each<[string, string, string | RegExp, string]>([
    ['names Secret/gone', 'Deployment', 'secretName: "the-database"', 'secretName: gone'],
    ['names ConfigMap/gone', 'Deployment', /(configMapRef:\s+name:) \S+/, '$1 gone'],
    ['names ServiceAccount/gone', 'Deployment', /(serviceAccountName:) \S+/, '$1 gone'],
    ['names Secret/gone', 'Pod', /(secretKeyRef:\s+name:) \S+/, '$1 gone'],
    ['names Service/gone', 'Ingress', /(service:\s+name:) \S+/, '$1 gone'],
    ['names Secret/gone', 'ServiceMonitor', /(credentials:\s+name:) \S+/, '$1 gone'],
    ['mounts gone', 'Deployment', /(volumeMounts:\s+- name:) tmp/, '$1 gone'],
    ['leaves database', 'Deployment', /- name: database\s+mountPath: .*\s+readOnly: true/, ''],
    ['probes the port web', 'Deployment', /(health\/ready\s+port:) http/, '$1 web'],
    ['sets RANGEWARDEN_ROLE twice', 'Deployment', 'RANGEWARDEN_HOST', 'RANGEWARDEN_ROLE'],
    ['selects other pods', 'Deployment', /(component:) (api|worker)(\s+template)/, '$1 all$3'],
    ['leads to the port web', 'Service', 'targetPort: http', 'targetPort: web'],
    ['selects nothing', 'Service', /(component:) api\n/, '$1 web\n'],
    [
      'selects not one kind',
      'PodDisruptionBudget',
      /(\n +app.*component:) (api|worker)\n$/,
      '$1 a\n',
    ],
    ['selects not one kind: ', 'NetworkPolicy', /name: rangewarden-test/, 'name: rangewarden-tset'],
    ['selects not one Service', 'ServiceMonitor', /(matchLabels:[^]*component:) metrics/, '$1 all'],
    ['selects not one Service', 'ServiceMonitor', 'port: http', 'port: web'],
    ['is there twice', 'Service', /(metadata:\s+name: \S+)-pods/, '$1'],
  ])('it is told that something %s', (told, kind, from, to) => {
    expect(broken(kind, from, to).join('\n')).toContain(told)
  })
})
