using System.Globalization;
using System.Net;
using System.Text;
using Berth.Incidents;

namespace Berth.Drilling;

/// <summary>The report of a run as one HTML file that loads nothing: what was asked, what came of it, and the curves. It can
/// be sent to somebody as it is.</summary>
public static class DrillPage
{
    private const string Style = """
        :root{color-scheme:light dark;--text:#222;--back:#f6f6f4;--card:#fff;--line:#ddd;--pass:#17693a;--fail:#b3261e;--none:#7a5b00}
        @media(prefers-color-scheme:dark){:root{--text:#e6e6e3;--back:#1b1c1e;--card:#242629;--line:#3d4044;--pass:#6fcf97;--fail:#ff8a80;--none:#e0b84c}}
        *{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;margin:0;background:var(--back);color:var(--text)}
        main{max-width:68rem;margin:0 auto;padding:1.25rem}h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.1rem;margin:0}
        p{margin:.35rem 0}small{opacity:.7}section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}
        section>table{border-collapse:collapse;table-layout:fixed;width:100%;margin:.75rem 0}section>table td,section>table th{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-top:1px solid var(--line);overflow-wrap:break-word}
        section>table th{font-weight:600;border-top:0}section>table th:nth-child(1){width:7rem}section>table th:nth-child(3){width:13rem}section>table th:nth-child(4){width:5.5rem}
        .pass{color:var(--pass)}.fail{color:var(--fail)}.refused{color:var(--none)}.outcome{font-weight:600;white-space:nowrap}
        .chart{margin:.75rem 0;min-height:1px}.chart .u-legend{text-align:left;font-size:.8rem}.chart .u-title{font-size:.85rem;font-weight:600;text-align:left}
        @media(max-width:40rem){main{padding:.75rem}section{padding:.75rem}section>table,section>table tbody,section>table tr,section>table td{display:block}section>table thead{display:none}section>table td{border:0;padding:.1rem 0}section>table tr{border-top:1px solid var(--line);padding:.4rem 0}}
        """;

    /// <summary>Draws every chart from the data beside it, in the page's own colours.</summary>
    private const string Script = """
        const data=JSON.parse(document.getElementById('curves').textContent);
        const colours=['#d9534f','#3b82f6','#22a06b','#b07cf0','#d08700','#0ea5a5','#888'];
        function draw(){
          const text=getComputedStyle(document.documentElement).getPropertyValue('--text').trim();
          const line=getComputedStyle(document.documentElement).getPropertyValue('--line').trim();
          for(const holder of document.querySelectorAll('.chart')){
            const chart=data[holder.dataset.chart];holder.textContent='';
            const axis={stroke:text,grid:{stroke:line},ticks:{stroke:line}};
            new uPlot({
              title:chart.title,width:holder.clientWidth,height:200,scales:{x:{time:false}},
              axes:[{...axis,values:(u,v)=>v.map(x=>x+' s')},{...axis,size:70,values:(u,v)=>v.map(x=>x+' '+chart.unit)}],
              series:[{label:'seconds'},...chart.names.map((name,i)=>({label:name,stroke:colours[i%colours.length],width:1.5,spanGaps:true,points:{show:false}}))],
              hooks:{draw:[u=>{const x=u.valToPos(chart.injected,'x',true);if(x<u.bbox.left)return;u.ctx.save();u.ctx.strokeStyle=text;u.ctx.setLineDash([4,4]);u.ctx.beginPath();u.ctx.moveTo(x,u.bbox.top);u.ctx.lineTo(x,u.bbox.top+u.bbox.height);u.ctx.stroke();u.ctx.restore();}]}
            },chart.points,holder);
          }
        }
        draw();addEventListener('resize',draw);matchMedia('(prefers-color-scheme:dark)').addEventListener('change',draw);
        """;

    /// <param name="run">The run.</param>
    /// <param name="plotScript">uPlot, as it is on npm.</param>
    /// <param name="plotStyle">Its style.</param>
    public static string Html(DrillRun run, string plotScript, string plotStyle)
    {
        var html = new StringBuilder(128 << 10)
            .Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">"
            )
            .Append("<title>Drill of ")
            .Append(Text(run.Host))
            .Append("</title><style>")
            .Append(plotStyle)
            .Append(Style)
            .Append("</style></head><body><main><h1>Drill of ")
            .Append(Text(run.Host))
            .Append(": ")
            .Append(Outcome(run.Outcome))
            .Append("</h1><p>")
            .Append(Text($"{run.Begun:yyyy-MM-dd HH:mm:ss zzz}, scale {run.Scale}, {run.Surface}, {run.Seconds:0} s."))
            .Append("</p>");
        var charts = new StringBuilder();
        var count = 0;
        foreach (var result in run.Results)
            Section(html, charts, result, ref count);
        return html.Append("</main><script type=\"application/json\" id=\"curves\">[")
            .Append(charts)
            .Append("]</script><script>")
            .Append(plotScript)
            .Append("</script><script>")
            .Append(Script)
            .Append("</script></body></html>\n")
            .ToString();
    }

    private static void Section(StringBuilder html, StringBuilder charts, DrillResult result, ref int count)
    {
        html.Append("<section><h2>")
            .Append(Text(result.Scenario.Title))
            .Append(": ")
            .Append(Outcome(result.Outcome))
            .Append("</h2><p>")
            .Append(Text(result.Scenario.Does))
            .Append("</p>");
        if (result.Refusal is { } refusal)
            html.Append("<p class=\"refused\">").Append(Text(refusal)).Append("</p>");
        if (result.Verdicts.Count > 0)
        {
            html.Append(
                "<table><thead><tr><th>Promise</th><th>What should hold</th><th>Measured</th><th></th></tr></thead><tbody>"
            );
            foreach (var verdict in result.Verdicts)
            {
                html.Append("<tr><td>")
                    .Append(Text(PromiseName(verdict.Promise)))
                    .Append("</td><td>")
                    .Append(Text(verdict.Says));
                if (verdict.Words.Length > 0)
                    html.Append("<br><small>").Append(Text(verdict.Words)).Append("</small>");
                html.Append("</td><td>")
                    .Append(Text(verdict.Figure))
                    .Append("</td><td>")
                    .Append(Outcome(verdict.Outcome))
                    .Append("</td></tr>");
            }
            html.Append("</tbody></table>");
        }
        Chart(html, charts, "Without an answer", "ms", result.Silences, result.Injected, ref count);
        Chart(html, charts, "Memory", "MiB", result.Memory, result.Injected, ref count);
        html.Append("</section>");
    }

    /// <summary>Contained, Signed in, …</summary>
    public static string PromiseName(Promise promise) => promise is Promise.SignedIn ? "Signed in" : promise.ToString();

    private static void Chart(
        StringBuilder html,
        StringBuilder charts,
        string title,
        string unit,
        IReadOnlyList<Curve> curves,
        double injected,
        ref int count
    )
    {
        var drawn = curves.Where(curve => curve.Points.Count > 0).ToList();
        if (drawn.Count == 0)
            return;
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"chart\" data-chart=\"{count}\"></div>");
        // One axis for all of them, with a hole where one has no point: what the drawing wants.
        var moments = drawn.SelectMany(curve => curve.Points.Select(point => point.At)).Distinct().Order().ToList();
        if (count++ > 0)
            charts.Append(',');
        charts
            .Append(
                CultureInfo.InvariantCulture,
                $"{{\"title\":\"{title}\",\"unit\":\"{unit}\",\"injected\":{injected:0.###},\"names\":["
            )
            .AppendJoin(',', drawn.Select(curve => Quoted(curve.Name)))
            .Append("],\"points\":[[")
            .AppendJoin(',', moments.Select(at => Number(at)))
            .Append(']');
        foreach (var curve in drawn)
        {
            var values = new Dictionary<double, double>();
            foreach (var point in curve.Points)
                values[point.At] = Math.Max(point.Value, values.GetValueOrDefault(point.At));
            charts
                .Append(",[")
                .AppendJoin(',', moments.Select(at => values.TryGetValue(at, out var value) ? Number(value) : "null"))
                .Append(']');
        }
        charts.Append("]}");
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>A JSON text in which no tag can begin or end.</summary>
    private static string Quoted(string text) =>
        $"\"{System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(text)}\"";

    private static string Outcome(Outcome outcome) =>
        outcome switch
        {
            Drilling.Outcome.Pass => "<span class=\"outcome pass\">passed</span>",
            Drilling.Outcome.Fail => "<span class=\"outcome fail\">FAILED</span>",
            _ => "<span class=\"outcome refused\">refused</span>",
        };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
