/** Reading user agents into words: browsers by bowser, programs by an own small table. */
import Bowser from "bowser";
import type { Agent } from "@/lib/model/event";

/** Programs that call APIs, which browser parsers do not know: `Name/1.2.3` at the start of the text, and the name we give it. */
const programs: Record<string, string> = {
  curl: "curl",
  wget: "Wget",
  "python-requests": "Python requests",
  "python-urllib": "Python urllib",
  "python-httpx": "Python httpx",
  aiohttp: "Python aiohttp",
  "go-http-client": "Go http client",
  "go-resty": "Go resty",
  java: "Java",
  "apache-httpclient": "Java HttpClient",
  "java-http-client": "Java HttpClient",
  okhttp: "OkHttp",
  axios: "axios",
  node: "Node.js",
  "node-fetch": "node-fetch",
  undici: "undici",
  got: "got",
  ruby: "Ruby",
  faraday: "Ruby Faraday",
  guzzlehttp: "PHP Guzzle",
  php: "PHP",
  dart: "Dart",
  postmanruntime: "Postman",
  insomnia: "Insomnia",
  httpie: "HTTPie",
  "kube-probe": "Kubernetes probe",
  prometheus: "Prometheus",
  "elb-healthchecker": "AWS load balancer",
  "aws-sdk-js": "AWS SDK",
  aws_cli: "AWS CLI",
  "aws-cli": "AWS CLI",
  boto3: "AWS SDK",
  terraform: "Terraform",
  k6: "k6",
  apachebench: "ApacheBench",
  sqlmap: "sqlmap",
  nikto: "Nikto",
  nuclei: "Nuclei",
  gobuster: "gobuster",
  feroxbuster: "feroxbuster",
  ffuf: "ffuf",
  "fuzz faster u fool": "ffuf",
  masscan: "masscan",
  zgrab: "zgrab",
  wpscan: "WPScan",
  dirbuster: "DirBuster",
  "open-tasks": "OpenVAS",
  "libwww-perl": "Perl LWP",
  dalvik: "Android",
  cfnetwork: "Apple CFNetwork",
};

const product = /^([A-Za-z][A-Za-z0-9 _.-]{0,40}?)(?:\/v?(\d[\w.-]{0,30}))?(?:[\s(;,]|$)/;

/** Family, version, operating system and kind of device of a user agent; undefined when the text says nothing we understand. */
export function readAgent(userAgent: string): Agent | undefined {
  if (userAgent.startsWith("Mozilla/") || userAgent.startsWith("Opera/")) return readBrowser(userAgent);
  const [, name, version] = product.exec(userAgent) ?? [];
  const family = name === undefined ? undefined : (programs[name.toLowerCase()] ?? programs[name.toLowerCase().split(/[ _]/, 1)[0] ?? ""]);
  if (family === undefined) return readBrowser(userAgent);
  return { family, ...(version ? { version } : {}), device: "program" };
}

function readBrowser(userAgent: string): Agent | undefined {
  const { browser, os, platform } = Bowser.parse(userAgent.slice(0, 512)); // 512: real ones are shorter, and bowser tries a hundred patterns
  const agent: Agent = {};
  if (browser.name) agent.family = browser.name;
  if (browser.version) agent.version = browser.version;
  if (os.name) agent.os = os.version && os.name !== "Linux" ? `${os.name} ${os.versionName ?? os.version}` : os.name;
  if (platform.type) agent.device = platform.type;
  for (const part of Object.keys(agent) as (keyof Agent)[]) agent[part] = agent[part]?.slice(0, 256); // keys of an Agent literal
  return Object.keys(agent).length > 0 ? agent : undefined;
}
