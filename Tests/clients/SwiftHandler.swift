// A handler as swift-aws-lambda-runtime's users write one, over the Lambda runtime API and nothing else.
import Foundation
import FoundationNetworking

struct Event: Codable { let n: Int }

let root = "http://\(ProcessInfo.processInfo.environment["AWS_LAMBDA_RUNTIME_API"] ?? "")/2018-06-01/runtime/invocation"

func answer(_ request: URLRequest) -> (Data, HTTPURLResponse)? {
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var result: (Data, HTTPURLResponse)?
    URLSession.shared.dataTask(with: request) { data, response, _ in
        if let data, let response = response as? HTTPURLResponse { result = (data, response) }
        done.signal()
    }.resume()
    done.wait()
    return result
}

while let url = URL(string: "\(root)/next"), let (body, head) = answer(URLRequest(url: url)) {
    guard let id = head.value(forHTTPHeaderField: "Lambda-Runtime-Aws-Request-Id") else { break }
    let event = try? JSONDecoder().decode(Event.self, from: body)
    let path = event == nil ? "\(id)/error" : "\(id)/response"
    guard let url = URL(string: "\(root)/\(path)") else { break }
    var reply = URLRequest(url: url)
    reply.httpMethod = "POST"
    reply.httpBody =
        event.flatMap { try? JSONEncoder().encode(Event(n: $0.n + 1)) }
        ?? Data(#"{"errorType":"Malformed","errorMessage":"no event"}"#.utf8)
    _ = answer(reply)
}
