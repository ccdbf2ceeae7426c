/// Dead letters as they stand in a file, for whoever replays them.
package struct DeadLetterFile: Sendable {
    private let file: DurableFile

    package init(path: String) { file = DurableFile(path: path) }

    /// Every line that is not empty, with its number from 1 on.
    ///
    /// - Throws: when there is no such file, or it cannot be read.
    package func lines() throws(PortError) -> [(Int, Result<DeadLetterFormat.Line, DeadLetterFormat.Unreadable>)] {
        guard let bytes = try file.read() else { throw PortError(.fatal, "there is no file \(file.path)") }
        var lines: [(Int, Result<DeadLetterFormat.Line, DeadLetterFormat.Unreadable>)] = []
        let parts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() where !part.isEmpty {
            do throws(DeadLetterFormat.Unreadable) {
                lines.append((index + 1, .success(try DeadLetterFormat.read(Array(part)))))
            } catch {
                lines.append((index + 1, .failure(error)))
            }
        }
        return lines
    }
}
