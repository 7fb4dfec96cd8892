// Copyright: (c) releng.bitbucket contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Makes, reads, changes and deletes a snippet and an artifact with the `bitbucket` package. Prints what it saw as JSON.
// Usage: node crud.cjs, with BITBUCKET_API_URL, BITBUCKET_USERNAME, BITBUCKET_API_TOKEN.
'use strict'

const { Bitbucket } = require('bitbucket')
const FormData = require('form-data')

function form(fields, files) {
  const made = new FormData()
  for (const [name, value] of fields) made.append(name, value)
  for (const [field, filename, content] of files) made.append(field, Buffer.from(content), { filename })
  return made
}

async function statusOf(promise) {
  try {
    return (await promise).status
  } catch (problem) {
    return problem.status
  }
}

async function snippets(client, workspace) {
  const made = await client.snippets.createForUser({
    workspace,
    _body: form([['title', 'Notes'], ['is_private', 'true']], [['file', 'a.txt', 'one\n'], ['file', 'b.txt', 'two\n']])
  })
  const at = { workspace, encoded_id: made.data.id }
  const old = made.data.links.diff.href.split('/').slice(-2)[0]
  const renamed = await client.snippets.update({ ...at, _body: { title: 'More notes' } })
  const changed = await client.snippets.updateAt({
    ...at,
    node_id: old,
    _body: form([['files', 'b.txt']], [['file', 'a.txt', 'three\n']])
  })
  const stale = await statusOf(client.snippets.updateAt({ ...at, node_id: old, _body: { title: 'Late' } }))
  const read = await client.snippets.get(at)
  const listed = await client.snippets.listForUser({ workspace, role: 'member' })
  const node_id = read.data.links.diff.href.split('/').slice(-2)[0]
  const content = await client.snippets.getFile({ ...at, node_id, path: 'a.txt' })
  const raw = await client.snippets.getRawFiles({ ...at, path: 'a.txt' })
  const deleted = await client.snippets.delete(at)
  return {
    statuses: [made.status, renamed.status, changed.status, stale, read.status, deleted.status],
    title: read.data.title,
    files: Object.keys(read.data.files),
    contents: [content.data, raw.data],
    listed: listed.data.values.map((item) => item.title),
    gone: await statusOf(client.snippets.get(at))
  }
}

async function downloads(client, workspace, repo_slug) {
  const at = { workspace, repo_slug }
  const file = { ...at, filename: 'app+1 b.txt' }
  const body = (content) => ({ ...at, _body: form([], [['files', file.filename, content]]) })
  const made = await client.downloads.create(body('old'))
  const replaced = await client.downloads.create(body('new'))
  const listed = await client.downloads.list(at)
  const read = await client.downloads.get(file)
  const deleted = await client.downloads.delete(file)
  return {
    statuses: [made.status, replaced.status, deleted.status],
    listed: listed.data.values.map((item) => [item.name, item.size]),
    content: read.data,
    gone: await statusOf(client.downloads.get(file))
  }
}

async function main() {
  const { BITBUCKET_API_URL: baseUrl, BITBUCKET_USERNAME: username, BITBUCKET_API_TOKEN: password } = process.env
  const client = new Bitbucket({ baseUrl, auth: { username, password }, notice: false })
  const seen = { snippet: await snippets(client, 'acme'), artifact: await downloads(client, 'acme', 'widgets') }
  process.stdout.write(JSON.stringify(seen) + '\n')
}

main().catch((problem) => {
  process.stderr.write(String(problem.stack) + JSON.stringify(problem.error || null) + '\n')
  process.exit(1)
})
