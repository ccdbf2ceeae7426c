/// Pages of metrics as one: a metric's lines stand together under one head, as the text format wants it.
package enum PrometheusPage {
    private static let head = "# HELP "

    package static func merged(_ pages: [String]) -> String {
        var heads: [(name: Substring, lines: [Substring])] = []
        var samples: [Substring: [Substring]] = [:]
        for page in pages {
            var name: Substring = ""
            var isNew = false
            for line in page.split(separator: "\n") {
                if line.hasPrefix(head) {
                    name = line.dropFirst(head.count).prefix { $0 != " " }
                    isNew = samples[name] == nil
                    if isNew {
                        heads.append((name, [line]))
                        samples[name] = []
                    }
                } else if line.hasPrefix("#") {
                    if isNew { heads[heads.count - 1].lines.append(line) }
                } else {
                    samples[name, default: []].append(line)
                }
            }
        }
        var text = ""
        for (name, lines) in heads {
            for line in lines + (samples[name] ?? []) { text += "\(line)\n" }
        }
        return text
    }
}
