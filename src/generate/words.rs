//! The words that generated names are put together from.

use duban_entities::vocabulary::{AreaKind, ProjectKind, UnitKind};

use crate::clock::SeededNumbers;

/// First characters of the names of places.
const FIRST: [char; 40] = [
    '安', '宝', '昌', '长', '大', '丹', '东', '丰', '福', '高', '广', '河', '洪', '华', '淮', '济',
    '嘉', '江', '金', '景', '兰', '临', '龙', '明', '南', '宁', '平', '青', '清', '泉', '商', '石',
    '泰', '天', '文', '西', '新', '阳', '永', '云',
];

/// Second characters.
const SECOND: [char; 40] = [
    '安', '坝', '昌', '城', '川', '德', '峰', '岗', '谷', '关', '河', '湖', '华', '集', '江', '津',
    '口', '岭', '陵', '流', '门', '宁', '坪', '浦', '桥', '庆', '泉', '山', '石', '台', '塘', '庭',
    '湾', '溪', '乡', '阳', '义', '源', '洲', '庄',
];

/// The name of the n-th jurisdiction: others differ in the number behind it.
pub(super) fn city(n: usize) -> String {
    let name = two(n * 7 + 3, n * 3 + 11);
    match n / 1_600 {
        0 => format!("{name}市"),
        more => format!("{name}{}市", more + 1),
    }
}

/// The n-th place inside a jurisdiction.
pub(super) fn place(n: usize) -> String {
    two(n * 11 + 5, n * 17 + 2)
}

/// Some place.
pub(super) fn some_place(numbers: &mut SeededNumbers) -> String {
    two(pick(numbers, 40), pick(numbers, 40))
}

fn two(first: usize, second: usize) -> String {
    let second = (second + first / 40) % 40;
    [FIRST[first % 40], SECOND[second]].iter().collect()
}

/// An index below a length, which is not 0.
pub(super) fn pick(numbers: &mut SeededNumbers, length: usize) -> usize {
    usize::try_from(numbers.below(u64::try_from(length).unwrap_or(1))).unwrap_or(0)
}

/// The areas of a jurisdiction: their kinds with what stands behind the name.
pub(super) const AREAS: [(AreaKind, &str); 10] = [
    (AreaKind::District, "区"),
    (AreaKind::District, "区"),
    (AreaKind::County, "县"),
    (AreaKind::County, "县"),
    (AreaKind::County, "县"),
    (AreaKind::County, "县"),
    (AreaKind::County, "县"),
    (AreaKind::City, "市"),
    (AreaKind::Zone, "高新区"),
    (AreaKind::Zone, "经开区"),
];

/// The units of every jurisdiction beside the governments of its areas. The first stands
/// above all others but the second, which is the office.
pub(super) const UNITS: [(&str, &str, UnitKind); 50] = [
    ("ZF", "市人民政府", UnitKind::Other),
    ("DCS", "市委市政府督查室", UnitKind::PartyOrgan),
    ("SLJ", "市水利局", UnitKind::Department),
    ("JTJ", "市交通运输局", UnitKind::Department),
    ("FGW", "市发展改革委", UnitKind::Department),
    ("ZJJ", "市住房城乡建设局", UnitKind::Department),
    ("CGJ", "市城市管理局", UnitKind::Department),
    ("JYJ", "市教育局", UnitKind::Department),
    ("WJW", "市卫生健康委", UnitKind::Department),
    ("GXJ", "市工业和信息化局", UnitKind::Department),
    ("NYJ", "市农业农村局", UnitKind::Department),
    ("STJ", "市生态环境局", UnitKind::Department),
    ("ZRJ", "市自然资源局", UnitKind::Department),
    ("WLJ", "市文化广电旅游局", UnitKind::Department),
    ("TYJ", "市体育局", UnitKind::Department),
    ("SWJ", "市商务局", UnitKind::Department),
    ("CZJ", "市财政局", UnitKind::Department),
    ("KJJ", "市科学技术局", UnitKind::Department),
    ("MZJ", "市民政局", UnitKind::Department),
    ("RSJ", "市人力资源社会保障局", UnitKind::Department),
    ("LYJ", "市林业局", UnitKind::Department),
    ("YJJ", "市应急管理局", UnitKind::Department),
    ("SCJ", "市市场监督管理局", UnitKind::Department),
    ("GZW", "市国资委", UnitKind::Department),
    ("DSJ", "市大数据局", UnitKind::Department),
    ("XZJ", "市乡村振兴局", UnitKind::Department),
    ("YBJ", "市医疗保障局", UnitKind::Department),
    ("RFB", "市人防办", UnitKind::Department),
    ("GAJ", "市公安局", UnitKind::Department),
    ("TJJ", "市统计局", UnitKind::Department),
    ("YLJ", "市园林绿化中心", UnitKind::Institution),
    ("SKZX", "市水库运行中心", UnitKind::Institution),
    ("GLZX", "市公路事业发展中心", UnitKind::Institution),
    ("XY", "市职业技术学院", UnitKind::Institution),
    ("YY", "市中心医院", UnitKind::Institution),
    ("GWH1", "高新区管委会", UnitKind::Committee),
    ("GWH2", "经开区管委会", UnitKind::Committee),
    ("GWH3", "综合保税区管委会", UnitKind::Committee),
    ("CTJT", "市城市建设投资集团", UnitKind::Company),
    ("JTJT", "市交通投资集团", UnitKind::Company),
    ("SWJT", "市水务集团", UnitKind::Company),
    ("NYJT", "市能源投资集团", UnitKind::Company),
    ("RQGS", "市燃气公司", UnitKind::Company),
    ("RLGS", "市热力公司", UnitKind::Company),
    ("GJGS", "市公交公司", UnitKind::Company),
    ("GDGS", "市供电公司", UnitKind::Vertical),
    ("YDGS", "市移动公司", UnitKind::Vertical),
    ("SWZ", "市水文局", UnitKind::Vertical),
    ("GXQ", "各县区人民政府", UnitKind::Collective),
    ("SZGDW", "市直各单位", UnitKind::Collective),
];

/// The plans of every jurisdiction.
pub(super) const PLANS: [(&str, &str); 5] = [
    ("ZT", "国民经济和社会发展第十五个五年规划纲要"),
    ("SL", "水安全保障规划"),
    ("JT", "综合交通运输发展规划"),
    ("CJ", "城市建设与更新规划"),
    ("NC", "乡村全面振兴规划"),
];

/// The chapters of every plan.
pub(super) const CHAPTERS: [&str; 12] = [
    "指导思想",
    "主要目标",
    "空间布局",
    "重大水利工程",
    "综合交通网络",
    "城市更新",
    "产业平台",
    "公共服务",
    "生态环境",
    "乡村建设",
    "重大项目",
    "保障措施",
];

/// What works are: their kind, and how they are called. `#` becomes a number of a road.
pub(super) const WORKS: [(ProjectKind, &str); 40] = [
    (ProjectKind::Reservoir, "水库除险加固工程"),
    (ProjectKind::Reservoir, "水库扩容清淤工程"),
    (ProjectKind::Reservoir, "水库新建工程"),
    (ProjectKind::Road, "道路改造工程"),
    (ProjectKind::Road, "国道#改建工程"),
    (ProjectKind::Road, "省道#升级改造工程"),
    (ProjectKind::Road, "快速通道建设工程"),
    (ProjectKind::Expressway, "高速公路G#连接线工程"),
    (ProjectKind::Expressway, "高速公路出入口工程"),
    (ProjectKind::Rail, "铁路专用线工程"),
    (ProjectKind::Waterway, "航道整治工程"),
    (ProjectKind::Bridge, "大桥新建工程"),
    (ProjectKind::FloodControl, "堤防加固工程"),
    (ProjectKind::FloodControl, "蓄滞洪区建设工程"),
    (ProjectKind::RiverRegulation, "河道治理工程"),
    (ProjectKind::Irrigation, "灌区续建配套与现代化改造"),
    (ProjectKind::WaterSupply, "城乡供水一体化工程"),
    (ProjectKind::WaterTransfer, "引水调水工程"),
    (ProjectKind::Drainage, "雨污分流改造工程"),
    (ProjectKind::Sewage, "污水处理厂扩建工程"),
    (ProjectKind::Park, "中央公园建设项目"),
    (ProjectKind::Ecology, "湿地生态修复工程"),
    (ProjectKind::Power, "输变电工程"),
    (ProjectKind::Renewable, "光伏发电项目"),
    (ProjectKind::Renewable, "风电场项目"),
    (ProjectKind::Gas, "天然气管网工程"),
    (ProjectKind::Heating, "集中供热管网工程"),
    (ProjectKind::Telecom, "算力中心项目"),
    (ProjectKind::Education, "高级中学新建项目"),
    (ProjectKind::Health, "人民医院新院区项目"),
    (ProjectKind::Culture, "文化中心项目"),
    (ProjectKind::Sports, "体育中心项目"),
    (ProjectKind::Housing, "保障性住房项目"),
    (ProjectKind::UrbanRenewal, "老旧小区改造项目"),
    (ProjectKind::Agriculture, "高标准农田建设项目"),
    (ProjectKind::Rural, "人居环境整治项目"),
    (ProjectKind::Logistics, "冷链物流园项目"),
    (ProjectKind::Industry, "智能制造产业园项目"),
    (ProjectKind::Tourism, "旅游度假区项目"),
    (ProjectKind::Environment, "固废综合利用项目"),
];

/// The milestones of every work, with their weights in hundredths of a percent.
pub(super) const STEPS: [(&str, i32); 5] = [
    ("开工建设", 1_000),
    ("完成主体工程百分之三十", 2_500),
    ("完成主体工程百分之七十", 2_500),
    ("主体工程完工", 2_500),
    ("竣工验收", 1_500),
];
