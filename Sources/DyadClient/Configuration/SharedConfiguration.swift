/// The profiles of `~/.aws/credentials` and `~/.aws/config`.
///
/// Source: docs.aws.amazon.com/sdkref/latest/guide/file-format.html. In both files a setting of the credentials file
/// wins; a named profile of the config file is headed `[profile NAME]`, the default one `[default]`.
package struct SharedConfiguration: Sendable {
    package typealias Profile = [String: String]

    private let profiles: [String: Profile]
    private let keyed: Set<String>
    /// The files that were looked for, for messages.
    package let paths: [String]

    package init(_ surroundings: Surroundings) {
        let home = surroundings["HOME"] ?? "~"
        func path(_ variable: String, _ name: String) -> String {
            guard let path = surroundings[variable] else { return "\(home)/.aws/\(name)" }
            return path.hasPrefix("~/") ? home + path.dropFirst() : path
        }
        paths = [
            path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), path("AWS_CONFIG_FILE", "config"),
        ]
        var profiles: [String: Profile] = [:]
        for (title, settings) in Self.sections(surroundings.file(paths[1]) ?? []) {
            guard let name = Self.profileName(configTitle: title) else { continue }
            // `[profile default]` outranks `[default]`.
            let outranks = title != "default"
            profiles[name, default: [:]].merge(settings) { old, new in outranks ? new : old }
        }
        var keyed: Set<String> = []
        for (name, settings) in Self.sections(surroundings.file(paths[0]) ?? []) {
            if settings["aws_access_key_id"] != nil { keyed.insert(name) }
            profiles[name, default: [:]].merge(settings) { _, new in new }
        }
        self.profiles = profiles
        self.keyed = keyed
    }

    package func profile(_ name: String) -> Profile? { profiles[name] }

    func hasKeysInCredentialsFile(_ name: String) -> Bool { keyed.contains(name) }

    private static func profileName(configTitle title: String) -> String? {
        if title == "default" { return title }
        guard title.hasPrefix("profile"), let name = title.dropFirst("profile".count).trimmedOfBlanks(from: 1) else {
            return nil
        }
        return name
    }

    /// `[title]` lines, `name = value` lines, comments from `#` or `;` at a line's start or after a blank. A setting
    /// that stands further right than the one before it is nested in that (as under `s3 =`) and passed over, for nothing
    /// that is read here nests. What is none of these is passed over too, as AWS's tools do.
    static func sections(_ bytes: [UInt8]) -> [String: Profile] {
        var sections: [String: Profile] = [:]
        var title: String?
        var settingIndent: Int?
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let indent = line.prefix { $0 == " " || $0 == "\t" }.count
            let text = withoutComment(line)
            if text.isEmpty { continue }
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                let inner = text[text.index(after: text.startIndex)..<end]
                let name = inner.trimmedOfBlanks() ?? ""
                sections[name] = sections[name] ?? [:]
                title = name
                settingIndent = nil
            } else if indent > settingIndent ?? indent {
                continue
            } else if let title, let equals = text.firstIndex(of: "="), let name = text[..<equals].trimmedOfBlanks() {
                sections[title]?[name.lowercased()] = text[text.index(after: equals)...].trimmedOfBlanks() ?? ""
                settingIndent = indent
            }
        }
        return sections
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var previous: Character = " "
        var end = line.endIndex
        for index in line.indices {
            if (line[index] == "#" || line[index] == ";") && (previous == " " || previous == "\t") {
                end = index
                break
            }
            previous = line[index]
        }
        return line[..<end].blanksTrimmed
    }
}

extension Substring {
    fileprivate var blanksTrimmed: Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }

    /// Nil when nothing is left, or when fewer than `from` blanks stood in front.
    fileprivate func trimmedOfBlanks(from leadingMin: Int = 0) -> String? {
        guard prefix(while: { $0 == " " || $0 == "\t" }).count >= leadingMin else { return nil }
        let rest = blanksTrimmed
        return rest.isEmpty ? nil : String(rest)
    }
}
