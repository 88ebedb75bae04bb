/** Whatever a text holds, it arrives as that text: nothing in it is YAML or a template. */
import { expect, it } from 'vitest'
import { describeWith } from '../support/requirements.ts'
import { helm, objectOf, podsOf, render } from '../support/helm.ts'
import { schemaMistakes } from './schemas.ts'

const HOSTILE = [
  'two\nlines: of\n  yaml',
  `"double" and 'single' and \\backslash`,
  '{{ .Values.secrets }} {{ fail "me" }} ${HOME} $(id)',
  '# no comment',
  '- no list',
  '{a: b}',
  'yes',
  '0x1F',
  '1e3',
  'null',
  '~',
  ' space at both ends ',
  '---\nkind: Secret',
  'tab\tand é, 漢, 🚀',
  '*alias &anchor !tag | > % @ `',
]

describeWith([helm], 'a text of the values', () => {
  it.each(HOSTILE)('%j is that text everywhere', (text) => {
    const note = { 'example/note': text }
    const manifests = render({
      values: {
        settings: { RANGEWARDEN_PAC_FALLBACK: text },
        podAnnotations: note,
        service: { annotations: note },
        ingress: { enabled: true, hosts: [{ host: 'ranges.example' }], annotations: note },
        serviceAccount: { annotations: note },
        persistence: { annotations: note },
        commonLabels: { label: text },
        nodeSelector: { label: text },
        extraEnv: [{ name: 'ANY', value: text }],
        host: text,
      },
    })
    expect(manifests.flatMap(schemaMistakes)).toEqual([])
    const [pod] = podsOf(manifests)
    expect(objectOf(manifests, 'ConfigMap').data).toEqual({ RANGEWARDEN_PAC_FALLBACK: text })
    for (const kind of ['Ingress', 'ServiceAccount']) {
      expect(objectOf(manifests, kind).metadata.annotations).toEqual(note)
    }
    expect(objectOf(manifests, 'Service', 'rangewarden').metadata.annotations).toEqual(note)
    expect(pod?.owner.spec).toMatchObject({
      template: { metadata: { annotations: note, labels: { label: text } } },
      volumeClaimTemplates: [{ metadata: { annotations: note } }],
    })
    expect(pod?.spec['nodeSelector']).toEqual({ label: text })
    expect(pod?.spec.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: 'ANY', value: text },
        { name: 'RANGEWARDEN_HOST', value: text },
      ]),
    )
    for (const { metadata } of manifests) expect(metadata.labels).toMatchObject({ label: text })
  })

  it('never takes the place of a label that selectors go by', () => {
    const labels = { 'app.kubernetes.io/name': 'other', 'app.kubernetes.io/instance': 'other' }
    const manifests = render({ values: { commonLabels: labels, podLabels: labels } })
    const all = [...manifests.map(({ metadata }) => metadata), ...podsOf(manifests)]
    for (const { labels: own } of all) {
      expect(own?.['app.kubernetes.io/name']).toMatch(/^rangewarden(-test)?$/)
      expect(own?.['app.kubernetes.io/instance']).toBe('ranges')
    }
  })
})
