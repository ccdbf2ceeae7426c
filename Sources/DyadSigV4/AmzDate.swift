/// An instant as Signature Version 4 writes it: `20150830T123600Z`, ISO 8601's basic form, whole seconds, UTC.
package struct AmzDate: Sendable, Hashable, Comparable {
    package let epochSeconds: Int64

    package init(epochSeconds: Int64) { self.epochSeconds = epochSeconds }

    /// Nil unless `text` is exactly `YYYYMMDD'T'HHMMSS'Z'` and names a date that exists.
    package init?(_ text: some StringProtocol) {
        var digits: [Int64] = []
        digits.reserveCapacity(14)
        for (position, byte) in text.utf8.enumerated() {
            switch (position, byte) {
            case (8, UInt8(ascii: "T")), (15, UInt8(ascii: "Z")): continue
            case (8, _), (15, _): return nil
            case (0..<15, UInt8(ascii: "0")...UInt8(ascii: "9")): digits.append(Int64(byte & 0x0F))
            default: return nil
            }
        }
        guard text.utf8.count == 16 else { return nil }
        func number(_ range: Range<Int>) -> Int64 { digits[range].reduce(0) { $0 * 10 + $1 } }
        self.init(
            year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(8..<10),
            minute: number(10..<12), second: number(12..<14))
    }

    /// Nil when a field is out of its range. A 60th second is taken for the next minute's first, as POSIX time does.
    package init?(year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1, (0..<24).contains(hour),
            (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let (_, monthBack, dayBack) = Self.civil(days: days)
        guard monthBack == month, dayBack == day else { return nil }
        epochSeconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    package static func < (left: AmzDate, right: AmzDate) -> Bool { left.epochSeconds < right.epochSeconds }

    /// `20150830`, the day a credential is scoped to.
    package var day: String {
        let days = epochSeconds.dividedFloor(by: 86_400)
        let (year, month, day) = Self.civil(days: days)
        return String(unsafeUninitializedCapacity: 8) { buffer in
            buffer.write(year, digits: 4, at: 0)
            buffer.write(month, digits: 2, at: 4)
            buffer.write(day, digits: 2, at: 6)
            return 8
        }
    }

    /// `20150830T123600Z`.
    package var text: String {
        let day = self.day
        let second = epochSeconds - epochSeconds.dividedFloor(by: 86_400) * 86_400
        return String(unsafeUninitializedCapacity: 16) { buffer in
            for (index, byte) in day.utf8.enumerated() { buffer[index] = byte }
            buffer[8] = UInt8(ascii: "T")
            buffer.write(second / 3_600, digits: 2, at: 9)
            buffer.write(second / 60 % 60, digits: 2, at: 11)
            buffer.write(second % 60, digits: 2, at: 13)
            buffer[15] = UInt8(ascii: "Z")
            return 16
        }
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that begin in March so
    /// that the leap day is the last of its year (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.dividedFloor(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The inverse of `days`.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.dividedFloor(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func dividedFloor(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension UnsafeMutableBufferPointer<UInt8> {
    fileprivate func write(_ value: Int64, digits: Int, at offset: Int) {
        var rest = value
        for index in stride(from: offset + digits - 1, through: offset, by: -1) {
            self[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}

extension AmzDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// From an HTTP `Date` header, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7); nil for obsolete forms.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]), let year = Int64(parts[3]),
            let month = Self.months.firstIndex(where: { $0 == parts[2] })
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard time.count == 3 else { return nil }
        self.init(year: year, month: Int64(month) + 1, day: day, hour: time[0], minute: time[1], second: time[2])
    }
}
