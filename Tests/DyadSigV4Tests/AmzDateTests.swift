import DyadSigV4
import Testing

struct AmzDateTests {
    @Test(arguments: [
        (0, "19700101T000000Z"), (951_782_400, "20000229T000000Z"), (1_440_938_160, "20150830T123600Z"),
        (4_107_542_399, "21000228T235959Z"), (4_107_542_400, "21000301T000000Z"), (-1, "19691231T235959Z"),
    ])
    func `an instant is written and read in the basic format`(seconds: Int64, text: String) {
        #expect(AmzDate(epochSeconds: seconds).text == text)
        #expect(AmzDate(text)?.epochSeconds == seconds)
        #expect(AmzDate(epochSeconds: seconds).day == text.prefix(8))
    }

    @Test(arguments: [
        "", "201", "20150830", "20150230T000000Z", "20151330T000000Z", "20150830T240000Z", "20150830T123600",
        "2015-08-30T12:36:00Z", "20150830T123600ZZ", "20150830X123600Z",
    ])
    func `what is no instant is not read`(_ text: String) {
        #expect(AmzDate(text) == nil)
    }

    @Test func `an HTTP date is read`() {
        #expect(AmzDate(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT")?.epochSeconds == 784_111_777)
        #expect(AmzDate(httpDate: "Sunday, 06-Nov-94 08:49:37 GMT") == nil)
    }
}
