import ParleyLoad
import Testing

struct ReportTests {
    @Test("What somebody else has named cannot become part of the page")
    func escaped() {
        #expect(HTML.escaped("<a href=\"x\">&</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;")
        let plot = Plot("<b>", [.init("<i>", [(0, 1), (1, 2)])], unit: "<u>", across: "<s>")
        for tag in ["<b>", "<i>", "<u>", "<s>"] { #expect(!plot.html.contains(tag)) }
    }

    @Test("A plot without points is none, and one without spread is drawn all the same")
    func empty() {
        #expect(Plot("a", [.init("b", [])], unit: "ms", across: "s").html.isEmpty)
        for points in [[(0.0, 0.0)], [(1.0, 5.0)], [(0.0, 0.0), (0.0, 0.0)]] {
            let svg = Plot("a", [.init("b", points)], unit: "ms", across: "s").svg
            #expect(!svg.contains("nan") && !svg.contains("inf"))
        }
    }

    @Test("Every point lies within the picture, on either scale", arguments: [Plot.Scale.linear, .percentiles])
    func bounds(scale: Plot.Scale) throws {
        let points = [(0.0, 0.1), (50, 2.0), (99, 40), (99.99, 123.4), (100, 1_000)]
        let svg = Plot("a", [.init("b", points)], unit: "ms", across: "s", scale: scale).svg
        let start = try #require(svg.firstRange(of: "line c0\" d=\"M"))
        let path = svg[start.upperBound...].prefix { $0 != "\"" }
        let places = path.split(separator: "L").map { $0.split(separator: " ").compactMap { Double($0) } }
        #expect(places.count == points.count)
        for place in places {
            #expect(place.count == 2 && (60...704).contains(place[0]) && (10...256).contains(place[1]), "\(place)")
        }
        #expect(zip(places, places.dropFirst()).allSatisfy { $0[0] <= $1[0] && $0[1] >= $1[1] })
    }
}
