/**
 * What helm says after an install. It prints NOTES.txt to clusters alone, so the same text is rendered here
 * within a ConfigMap of a copy of the chart.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeWith } from '../support/requirements.ts'
import { temporaryFolder } from '../support/folder.ts'
import { CHART, helm, objectOf, render, type Values } from '../support/helm.ts'

function notes(values: Values = {}): string {
  const chart = join(temporaryFolder(), 'rangewarden')
  cpSync(CHART, chart, { recursive: true })
  const file = join(chart, 'templates/NOTES.txt')
  writeFileSync(
    join(chart, 'templates/notes.yaml'),
    `{{- define "notes" }}${readFileSync(file, 'utf8')}{{- end -}}
kind: ConfigMap
apiVersion: v1
metadata: { name: notes }
data:
  text: {{ include "notes" . | quote }}
`,
  )
  rmSync(file)
  const text = objectOf(render({ values, chart }), 'ConfigMap', 'notes').data?.['text'] ?? ''
  expect(text).not.toMatch(/<no value>|%!|\n{3}/)
  return text
}

describeWith([helm], 'the notes', () => {
  it('begin with a first list, and say what is missing', () => {
    const text = notes()
    expect(text).toMatch(/one pod with the embedded database/)
    expect(text).toContain('curl -fsS http://ranges-rangewarden.network:80/l/app-proxy/squid.conf')
    expect(text).toContain('port-forward service/ranges-rangewarden 8080:80 &')
    expect(text).toContain('curl -fsS http://localhost:8080/l/app-proxy/squid.conf')
    expect(text).toContain('logs statefulset/ranges-rangewarden')
    expect(text).toContain('DNS, and port 443 alone')
    expect(text).toContain('set secrets.existingSecret')
    expect(text).not.toContain('TOKEN')
  })

  it('have the token and https in the commands where they are needed', () => {
    const text = notes({ secrets: { existingSecret: 't' }, tls: { existingSecret: 'c' } })
    expect(text).toContain('curl -fsSk -H "Authorization: Bearer $TOKEN" https://localhost:8080/')
    expect(text).toContain('port-forward service/ranges-rangewarden 8080:443 &')
    expect(text).toContain(
      `get secret t -o go-template='{{ index .data "read-token" | base64decode }}' | cut -d, -f1\n`,
    )
    expect(text).not.toContain('set secrets.existingSecret')
  })

  it('name the pods of PostgreSQL, and the ports that are open', () => {
    const text = notes({
      database: { mode: 'postgresql', existingSecret: 'd' },
      settings: { HTTPS_PROXY: 'http://proxy.example:3128' },
    })
    expect(text).toContain('2 API and 2 worker pods on PostgreSQL')
    expect(text).toContain('logs deployment/ranges-rangewarden-worker')
    expect(text).toContain('DNS, PostgreSQL (port 5432), and port 3128 alone')
    const settings = {
      HTTP_PROXY: 'http://proxy.example:3128',
      NO_PROXY: 'hooks.example',
      RANGEWARDEN_MIRROR_URL: 'http://mirror.example:8081',
    }
    expect(notes({ settings })).toContain('DNS, and port 3128, 443, 8081 alone')
  })

  it('warn of what is easily overlooked', () => {
    const text = notes({
      persistence: { enabled: false },
      ingress: { enabled: true, hosts: [{ host: 'ranges.example' }] },
    })
    expect(text).toContain('is lost with its pod')
    expect(text).toContain('http://ranges.example/')
    expect(text).toContain('settings.RANGEWARDEN_TRUSTED_PROXIES')
  })
})
